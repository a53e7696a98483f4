//! `/inject/NAME`: which pods get a container, what is asked in vain, and files that change.

use std::fs;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};
use virt_patch::hook::Log;
use virt_patch::hook::log::Format;
use virt_patch::webhook::Server;

use super::client::{Answer, get, post};
use super::endings::until;
use super::{Webhook, run};

const GOLD: &str = "\
apiVersion: virt-patch.dev/v1alpha1
kind: SidecarInjection
metadata: {name: gold}
spec:
  namespaces: [vms]
  podLabels: {tier: gold}
  container: {name: gold, image: 'registry.example/a:1', restartPolicy: Always, securityContext: {runAsUser: 107}}
  volumes: [{name: gold-rules, configMap: {name: gold-rules}}]
";

/// A webhook with these files in its folder of injections.
async fn webhook(files: &[(&str, &str)]) -> Webhook {
    Webhook::start(|options| {
        let folder = options.certificate.with_file_name("injections");
        fs::create_dir(&folder).expect("a folder");
        files.iter().for_each(|(name, text)| fs::write(folder.join(name), text).expect("written"));
        options.injections = Some(folder);
    })
    .await
}

/// What virt-controller makes of a VM, as far as it matters here.
fn launcher_pod() -> Json {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"generateName": "virt-launcher-", "labels": {"kubevirt.io": "virt-launcher", "tier": "gold"}},
        "spec": {"containers": [{"name": "compute"}], "volumes": [{"name": "kubevirt-plugin-sockets", "emptyDir": {}}]},
    })
}

fn review(pod: &Json) -> Json {
    json!({
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": "705ab4f5",
            "kind": {"group": "", "version": "v1", "kind": "Pod"},
            "operation": "CREATE",
            "namespace": "vms",
            "object": pod,
            "oldObject": null,
        },
    })
}

async fn ask(webhook: &Webhook, name: &str, review: &Json) -> Answer {
    post(webhook.address, &format!("/inject/{name}"), review.to_string().as_bytes()).await
}

/// The patch's operations; none where the pod stays as it is.
async fn patch(webhook: &Webhook, name: &str, review: &Json) -> Option<Vec<Json>> {
    let response = ask(webhook, name, review).await.response();
    assert_eq!((&response["uid"], &response["allowed"]), (&json!("705ab4f5"), &json!(true)));
    let patch = response.get("patch")?;
    assert_eq!(response["patchType"], json!("JSONPatch"));
    let bytes = STANDARD.decode(patch.as_str().expect("a text")).expect("base64");
    Some(serde_json::from_slice(&bytes).expect("a list"))
}

/// `add` at the ends of lists and of a member, which is all that such a patch does.
fn apply(pod: &mut Json, operations: &[Json]) {
    for operation in operations {
        assert_eq!(operation["op"], json!("add"));
        let (parent, last) = operation["path"].as_str().and_then(|path| path.rsplit_once('/')).expect("a path");
        match pod.pointer_mut(parent).expect("a parent") {
            Json::Array(items) => {
                assert_eq!(last, "-");
                items.push(operation["value"].clone());
            }
            parent => parent[last] = operation["value"].clone(),
        }
    }
}

#[test]
fn a_pod_gets_the_container_once() {
    run(async {
        let webhook = webhook(&[("gold.yaml", GOLD)]).await;
        let container = json!({"name": "gold", "image": "registry.example/a:1", "restartPolicy": "Always",
            "securityContext": {"runAsUser": 107}});
        let other = json!({"name": "guest-console-log"});
        for (before, after) in [
            (Json::Null, json!([container])),
            (json!([]), json!([container])),
            (json!([other]), json!([other, container])),
        ] {
            let mut pod = launcher_pod();
            if !before.is_null() {
                pod["spec"]["initContainers"] = before;
            }
            let operations = patch(&webhook, "gold", &review(&pod)).await.expect("a patch");
            apply(&mut pod, &operations);
            let mut expected = launcher_pod();
            expected["spec"]["initContainers"] = after;
            expected["spec"]["volumes"]
                .as_array_mut()
                .expect("volumes")
                .push(json!({"name": "gold-rules", "configMap": {"name": "gold-rules"}}));
            assert_eq!(pod, expected);
            assert_eq!(patch(&webhook, "gold", &review(&pod)).await, None, "the API server asks again");
        }
        let page = get(webhook.metrics, "/metrics").await.text();
        for outcome in ["injected", "present"] {
            let line = format!("virt_patch_webhook_pods_total{{injection=\"gold\",outcome=\"{outcome}\"}} 3");
            assert!(page.lines().any(|found| found == line), "{line} is not in\n{page}");
        }
        webhook.stop().await;
    });
}

#[test]
fn no_other_pod_is_touched() {
    run(async {
        let webhook = webhook(&[("gold.yaml", GOLD)]).await;
        let changed = |pointer: &str, value: Json| {
            let mut asked = review(&launcher_pod());
            *asked.pointer_mut(pointer).expect("a member") = value;
            asked
        };
        for (what, asked) in [
            ("another namespace", changed("/request/namespace", json!("others"))),
            ("no label", changed("/request/object/metadata/labels", Json::Null)),
            ("no metadata", changed("/request/object/metadata", json!({}))),
            ("no virt-launcher", changed("/request/object/metadata/labels/kubevirt.io", json!("virt-handler"))),
            ("another VM", changed("/request/object/metadata/labels/tier", json!("silver"))),
            ("no sockets", changed("/request/object/spec/volumes", json!([{"name": "x"}]))),
            ("no volumes", changed("/request/object/spec/volumes", Json::Null)),
            ("a container of the name", changed("/request/object/spec/containers/0/name", json!("gold"))),
        ] {
            assert_eq!(patch(&webhook, "gold", &asked).await, None, "{what}");
        }
        assert!(patch(&webhook, "gold", &review(&launcher_pod())).await.is_some(), "the control");
        webhook.stop().await;
    });
}

/// Of a pod as large as a review may be, only what is asked for is kept: labels and containers are looked at wherever they
/// stand among others, and however they are spelled.
#[test]
fn a_pod_may_have_a_million_labels() {
    run(async {
        let webhook = webhook(&[("gold.yaml", GOLD)]).await;
        let labels: String = (0..600_000).map(|n| format!("\"{n:x}\":\"\",")).collect();
        let plain = review(&launcher_pod()).to_string();
        let spelled = plain.replace("\"tier\":\"gold\"", "\"ti\\u0065r\":\"g\\u006fld\"");
        assert_ne!(plain, spelled);
        let many = spelled.replace("\"labels\":{", &format!("\"labels\":{{{labels}"));
        assert!((6 << 20..8 << 20).contains(&many.len()), "{}", many.len());
        let answer = post(webhook.address, "/inject/gold", many.as_bytes()).await;
        assert!(answer.response()["patch"].is_string(), "{}", answer.text());
        let answer = post(webhook.address, "/inject/gold", many.replace("\"g\\u006fld\"", "\"\"").as_bytes()).await;
        assert!(answer.response()["patch"].is_null(), "the control: {}", answer.text());
        webhook.stop().await;
    });
}

#[test]
fn what_cannot_be_answered_is_an_error_with_words() {
    run(async {
        let webhook = webhook(&[("gold.yaml", GOLD)]).await;
        let changed = |pointer: &str, value: Json| {
            let mut asked = review(&launcher_pod());
            *asked.pointer_mut(pointer).expect("a member") = value;
            asked
        };
        let mut pod = launcher_pod();
        pod["spec"]["initContainers"] = json!({"name": "gold"});
        for (asked, said) in [
            (json!({}), "no AdmissionReview of admission.k8s.io/v1"),
            (changed("/apiVersion", json!("admission.k8s.io/v1beta1")), "of admission.k8s.io/v1beta1"),
            (changed("/request", Json::Null), "has no `request`"),
            (changed("/request/operation", json!("UPDATE")), "only a Pod's CREATE"),
            (changed("/request/kind/kind", json!("Eviction")), "only a Pod's CREATE"),
            (changed("/request/kind/group", json!("example")), "only a Pod's CREATE"),
            (changed("/request/namespace", Json::Null), "invalid type: null"),
            (changed("/request/object", Json::Null), "invalid type: null"),
            (changed("/request/object/spec", Json::Null), "invalid type: null"),
            (changed("/request/object/metadata/labels/tier", json!(7)), "invalid type: integer"),
            (changed("/request/object/spec/volumes", json!([{}])), "missing field `name`"),
            (review(&pod), "invalid type: map"),
        ] {
            let answer = ask(&webhook, "gold", &asked).await;
            assert!(
                answer.status == 400 && answer.text().contains(said),
                "{asked}: {} {}",
                answer.status,
                answer.text()
            );
        }
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let deep = review(&launcher_pod())
            .to_string()
            .replace(r#""name":"compute""#, &format!(r#""name":"compute","x":{deep}"#));
        let answer = post(webhook.address, "/inject/gold", deep.as_bytes()).await;
        assert_eq!(answer.status, 200, "what is passed over may be as deep as it likes: {}", answer.text());
        let large = post(webhook.address, "/inject/gold", &vec![b' '; (8 << 20) + 1]).await;
        assert_eq!(large.status, 413, "{}", large.text());
        let answer = ask(&webhook, "silver", &review(&launcher_pod())).await;
        assert_eq!(answer.status, 503);
        assert!(answer.text().contains("no injection `silver` yet;"), "{}", answer.text());
        assert!(!answer.text().contains("gold"), "which ones there are is nobody's business: {}", answer.text());
        assert_eq!(get(webhook.metrics, "/inject/gold").await.status, 404, "operators change no pods");
        webhook.stop().await;
    });
}

/// The image that a pod of this injection gets.
async fn image(webhook: &Webhook, name: &str) -> Option<String> {
    let answer = ask(webhook, name, &review(&launcher_pod())).await;
    if answer.status != 200 {
        return None;
    }
    let operations = patch(webhook, name, &review(&launcher_pod())).await?;
    operations.iter().find_map(|operation| operation["value"]["image"].as_str().map(ToOwned::to_owned))
}

async fn failures(webhook: &Webhook) -> String {
    let page = get(webhook.metrics, "/metrics").await.text();
    let line = page.lines().find(|line| line.contains("what=\"injections\",result=\"failed\""));
    line.and_then(|line| line.rsplit(' ').next()).unwrap_or("0").to_owned()
}

#[test]
fn files_come_change_and_go() {
    run(async {
        let webhook = webhook(&[]).await;
        let comes_to = async |name: &str, expected: Option<&str>| {
            let what = format!("{name}: {expected:?}");
            until(&what, async || image(&webhook, name).await.as_deref() == expected).await;
        };
        let write = |name: &str, text: &str| fs::write(webhook.path("injections").join(name), text).expect("written");
        assert_eq!(image(&webhook, "gold").await, None);
        write("gold.yaml", GOLD);
        comes_to("gold", Some("registry.example/a:1")).await;
        write("gold.yaml", &GOLD.replace("a:1", "a:2"));
        comes_to("gold", Some("registry.example/a:2")).await;

        write("gold.yaml", &GOLD.replace("Always", "Never"));
        until("the failure is counted", async || failures(&webhook).await == "1").await;
        assert_eq!(image(&webhook, "gold").await.as_deref(), Some("registry.example/a:2"), "what is wrong is not used");
        // One plugin's mistake is no other's.
        write("silver.yaml", &GOLD.replace("gold", "silver").replace("tier: silver", "tier: gold"));
        comes_to("silver", Some("registry.example/a:1")).await;
        write("gold.yaml", &GOLD.replace("a:1", "a:3"));
        comes_to("gold", Some("registry.example/a:3")).await;

        let before = failures(&webhook).await;
        write("gold-again.yaml", &GOLD.replace("a:1", "a:4"));
        until("the same name twice is counted", async || failures(&webhook).await != before).await;

        fs::remove_file(webhook.path("injections/silver.yaml")).expect("removed");
        comes_to("silver", None).await;
        webhook.stop().await;
    });
}

/// VMs are judged whoever made a mistake in a plugin.
#[test]
fn it_starts_with_a_wrong_file() {
    run(async {
        let wrong = webhook(&[("gold.yaml", "kind: RuleSet\n")]).await;
        assert_eq!(get(wrong.metrics, "/readyz").await.status, 200);
        assert_eq!((failures(&wrong).await.as_str(), image(&wrong, "gold").await), ("1", None));
        wrong.stop().await;
    });
}

#[test]
fn what_is_no_folder_is_said_at_the_start() {
    run(async {
        let desk = tempfile::tempdir().expect("a folder");
        super::write_certificate(desk.path(), "first");
        fs::write(desk.path().join("images"), super::LIST).expect("a list");
        for path in ["images", "not-there"] {
            let mut options = super::options(desk.path());
            options.injections = Some(desk.path().join(path));
            let log = Arc::new(Log::to(Format::Json, std::io::sink()));
            let said = Server::start(options, log).await.err().expect("it does not start").to_string();
            assert!(said.contains(path) && said.contains("--injections takes a folder"), "{said}");
        }
    });
}
