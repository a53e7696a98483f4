//! The allow list: read again from its file, watched in a ConfigMap or Harvester's setting.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::{Value as Json, json};
use virt_patch::webhook::Images;

use super::api::Api;
use super::client::{get, validate};
use super::endings::until;
use super::{Webhook, review, run, vmi};

/// Whether an image is allowed now; `None` where nothing can be judged yet.
async fn allows(webhook: &Webhook, image: &str) -> Option<bool> {
    if get(webhook.metrics, "/readyz").await.status != 200 {
        return None;
    }
    let sidecars = json!([{ "image": image }]).to_string();
    validate(webhook.address, &review(&vmi(&sidecars), &Json::Null)).await["allowed"].as_bool()
}

async fn comes_to_allow(webhook: &Webhook, image: &str, expected: bool) {
    until(&format!("{image}: {expected}"), async || allows(webhook, image).await == Some(expected)).await;
}

async fn failures(webhook: &Webhook) -> String {
    let page = get(webhook.metrics, "/metrics").await.text();
    let line = page.lines().find(|line| line.contains("what=\"allow list\",result=\"failed\""));
    line.and_then(|line| line.rsplit(' ').next()).unwrap_or("0").to_owned()
}

#[test]
fn a_file_is_read_again_and_a_wrong_one_is_not_used() {
    run(async {
        let webhook = Webhook::start(|_| {}).await;
        assert_eq!(allows(&webhook, "good.example/a:1").await, Some(true));
        fs::write(webhook.path("images"), "other.example/*\n").expect("written");
        comes_to_allow(&webhook, "other.example/a:1", true).await;
        assert_eq!(allows(&webhook, "good.example/a:1").await, Some(false));
        for (times, wrong) in ["*\n", "Upper.example/a\n"].into_iter().enumerate() {
            fs::write(webhook.path("images"), wrong).expect("written");
            until("the failure is counted", async || failures(&webhook).await == (times + 1).to_string()).await;
            assert_eq!(allows(&webhook, "other.example/a:1").await, Some(true), "{wrong}");
        }
        fs::remove_file(webhook.path("images")).expect("removed");
        until("the failure is counted", async || failures(&webhook).await == "3").await;
        assert_eq!(allows(&webhook, "other.example/a:1").await, Some(true), "without a file the last list stays");
        // As a ConfigMap is mounted: a link to what is replaced.
        fs::write(webhook.path("..new"), "good.example/a:1").expect("written");
        symlink(webhook.path("..new"), webhook.path("images")).expect("a link");
        comes_to_allow(&webhook, "good.example/a:1", true).await;
        webhook.stop().await;
    });
}

async fn watching(images: Images, object: Json) -> (Webhook, Api) {
    let api = Api::start(object).await;
    let webhook = Webhook::start(|options| {
        let kubeconfig = options.certificate.with_file_name("kubeconfig");
        api.kubeconfig(&kubeconfig);
        options.kubeconfig = Some(kubeconfig);
        options.images = images;
    })
    .await;
    (webhook, api)
}

#[test]
fn a_config_map_counts_as_soon_as_it_changes() {
    run(async {
        let map = |text: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "list", "namespace": "ops"}, "data": {"images": text}});
        let images = Images::ConfigMap { namespace: "ops".into(), name: "list".into(), key: "images".into() };
        let (webhook, api) = watching(images, map("good.example/a:1")).await;
        comes_to_allow(&webhook, "good.example/a:1", true).await;
        api.change(map("other.example/a:1"));
        comes_to_allow(&webhook, "other.example/a:1", true).await;
        comes_to_allow(&webhook, "good.example/a:1", false).await;
        api.change(map("other.example/**"));
        until("the failure is counted", async || failures(&webhook).await == "1").await;
        comes_to_allow(&webhook, "other.example/a:1", true).await;
        api.change(Json::Null);
        comes_to_allow(&webhook, "other.example/a:1", false).await;
        api.change(map("good.example/a:1"));
        comes_to_allow(&webhook, "good.example/a:1", true).await;
        let asked = api.asked.lock().expect("a lock").clone();
        let one = "/api/v1/namespaces/ops/configmaps?";
        assert!(asked.iter().all(|path| path.starts_with(one) && path.contains("metadata.name%3Dlist")), "{asked:?}");
        webhook.stop().await;
    });
}

#[test]
fn harvesters_setting_counts_by_its_value_else_by_its_default() {
    run(async {
        let setting = |value: &str| json!({"apiVersion": "harvesterhci.io/v1beta1", "kind": "Setting", "metadata": {"name": "whitelisted-sidecars"}, "default": "good.example/a:1,good.example/b:1", "value": value});
        let (webhook, api) = watching(Images::HarvesterSetting, setting("")).await;
        comes_to_allow(&webhook, "good.example/b:1", true).await;
        api.change(setting("other.example/a:1"));
        comes_to_allow(&webhook, "other.example/a:1", true).await;
        comes_to_allow(&webhook, "good.example/b:1", false).await;
        api.change(setting(" "));
        comes_to_allow(&webhook, "good.example/b:1", true).await;
        let asked = api.asked.lock().expect("a lock").clone();
        assert!(asked[0].starts_with("/apis/harvesterhci.io/v1beta1/settings?"), "{asked:?}");
        webhook.stop().await;
    });
}

#[test]
fn without_a_right_list_nothing_is_judged() {
    run(async {
        let map = |text: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "list", "namespace": "ops"}, "data": {"images": text}});
        let images = Images::ConfigMap { namespace: "ops".into(), name: "list".into(), key: "images".into() };
        let (webhook, api) = watching(images, map("*")).await;
        until("the failure is counted", async || failures(&webhook).await == "1").await;
        assert_eq!(allows(&webhook, "good.example/a:1").await, None);
        assert_eq!(get(webhook.metrics, "/healthz").await.status, 200);
        let mut stream = super::client::connect(webhook.address, &[]).await;
        let body = review(&vmi("[]"), &Json::Null).to_string();
        let answer =
            super::client::ask(&mut stream, &super::client::request("POST", "/validate", body.as_bytes())).await;
        assert_eq!(answer.status, 503, "{}", answer.text());
        api.change(map("good.example/a:1"));
        comes_to_allow(&webhook, "good.example/a:1", true).await;
        webhook.stop().await;
    });
}
