//! What reviews are answered: verdicts with their diagnostics, modes, exemptions.

use serde_json::{Value as Json, json};
use virt_patch::admission::{Criteria, Mode};
use virt_patch::load;

use super::client::{get, validate};
use super::{EVIL, GOOD, Webhook, review, run, vmi};

const REFUSED: &str = "annotation hooks.kubevirt.io/hookSidecars:1:12: error[image-not-allowed]: \
    the image `evil.example/a:1` is not on the allow list; the list has `good.example/a:1`; an image is compared as \
    it is written, with its registry";

/// A review of the creation of a VMI with this annotation.
fn creation(sidecars: &str) -> Json {
    review(&vmi(sidecars), &Json::Null)
}

#[test]
fn a_verdict_carries_the_whole_diagnostic() {
    run(async {
        let webhook = Webhook::start(|_| {}).await;
        let uid = "705ab4f5-6393-11e8-b7cc-42010a800002";
        assert_eq!(validate(webhook.address, &creation(GOOD)).await, json!({"uid": uid, "allowed": true}));
        let refused = json!({
            "uid": uid,
            "allowed": false,
            "status": {"code": 403, "reason": "Forbidden", "message": REFUSED},
            "auditAnnotations": {"problems": "image-not-allowed"},
        });
        assert_eq!(validate(webhook.address, &creation(EVIL)).await, refused);
        let page = get(webhook.metrics, "/metrics").await.text();
        for line in [
            "virt_patch_webhook_reviews_total{kind=\"VirtualMachineInstance\",decision=\"allowed\"} 1",
            "virt_patch_webhook_reviews_total{kind=\"VirtualMachineInstance\",decision=\"denied\"} 1",
            "virt_patch_webhook_problems_total{code=\"image-not-allowed\"} 1",
            "virt_patch_webhook_review_seconds_count 2",
            "virt_patch_webhook_requests_total{status=\"200\"} 2",
            "virt_patch_webhook_allow_list_entries 1",
        ] {
            assert!(page.lines().any(|found| found == line), "{line} is not in\n{page}");
        }
        webhook.stop().await;
    });
}

/// Rules that break a policy on a sample domain do not come in; those that take long do, and their author is told.
#[test]
fn rules_are_tried_under_the_webhooks_policies() {
    run(async {
        let policies = load::policies(&["builtin:baseline".into()]).expect("a policy");
        let webhook = Webhook::start(|options| options.criteria = Criteria { policies, ..Criteria::default() }).await;
        let rules = |rules: &str| {
            let head =
                "apiVersion: virt-patch.dev/v1alpha1\nkind: RuleSet\nmetadata: {name: a}\nspec:\n  onDefineDomain:\n";
            let mut machine = vmi(GOOD);
            machine["metadata"]["annotations"]["virt-patch.dev/rules"] = json!(format!("{head}{rules}"));
            review(&machine, &Json::Null)
        };
        let fine = validate(webhook.address, &rules("    - set: {/domain/title: a}\n")).await;
        assert_eq!((&fine["allowed"], fine.get("warnings")), (&json!(true), None));
        let refused = validate(webhook.address, &rules("    - set: {/domain/devices/emulator: /bin/sh}\n")).await;
        assert_eq!(refused["auditAnnotations"], json!({"problems": "policy-protected"}), "{refused}");
        assert_eq!(refused["allowed"], json!(false));
        let long = "    - when: count(//*[count(//*) > 1000]) > 0\n      set: {/domain/title: a}\n".repeat(300);
        let told = validate(webhook.address, &rules(&long)).await;
        assert_eq!(told["allowed"], json!(true));
        let warning = told["warnings"][0].as_str().expect("a warning");
        assert!(warning.contains("warning[limit]: these rules take too long to be tried at admission"), "{warning}");
        webhook.stop().await;
    });
}

#[test]
fn many_problems_are_counted_and_not_all_told() {
    run(async {
        let webhook = Webhook::start(|_| {}).await;
        let sidecars = Json::Array(vec![json!({"image": "evil.example/a:1"}); 20]).to_string();
        let response = validate(webhook.address, &creation(&sidecars)).await;
        let message = response["status"]["message"].as_str().expect("a message");
        assert_eq!(message.lines().count(), 17);
        assert_eq!(message.lines().last(), Some("and 4 more"));
        webhook.stop().await;
    });
}

#[test]
fn modes_warn_or_only_record() {
    run(async {
        for (mode, warnings, decision) in
            [(Mode::Warn, json!([REFUSED]), "warned"), (Mode::Audit, Json::Null, "audited")]
        {
            let webhook = Webhook::start(|options| options.gate.mode = mode).await;
            let response = validate(webhook.address, &creation(EVIL)).await;
            assert_eq!(response["allowed"], json!(true), "{mode:?}");
            assert_eq!(response["warnings"], warnings, "{mode:?}");
            assert_eq!(response["auditAnnotations"], json!({"problems": "image-not-allowed"}), "{mode:?}");
            let page = get(webhook.metrics, "/metrics").await.text();
            assert!(page.contains(&format!("decision=\"{decision}\"}} 1")), "{page}");
            webhook.stop().await;
        }
    });
}

#[test]
fn exempt_namespaces_and_users_are_not_judged() {
    run(async {
        let webhook = Webhook::start(|options| {
            options.gate.exempt_namespaces.insert("kube-system".to_owned());
            options.gate.exempt_users.insert("system:serviceaccount:ops:deployer".to_owned());
        })
        .await;
        for (field, value, allowed) in [
            ("/request/namespace", "kube-system", true),
            ("/request/namespace", "kube-system-2", false),
            ("/request/namespace", "", false),
            // The request says where an object goes, the object only claims it.
            ("/request/object/metadata/namespace", "kube-system", false),
            ("/request/userInfo/username", "system:serviceaccount:ops:deployer", true),
            ("/request/userInfo/username", "deployer", false),
            ("/request/userInfo/username", "", false),
        ] {
            let mut asked = creation(EVIL);
            *asked.pointer_mut(field).expect("a field") = json!(value);
            assert_eq!(validate(webhook.address, &asked).await["allowed"], json!(allowed), "{field}: {value}");
        }
        webhook.stop().await;
    });
}

#[test]
fn only_what_comes_in_is_judged() {
    run(async {
        let webhook = Webhook::start(|_| {}).await;
        let (good, evil) = (vmi(GOOD), vmi(EVIL));
        let mut going = evil.clone();
        going["metadata"]["deletionTimestamp"] = json!("2026-11-21T00:00:00Z");
        let mut deletion = review(&Json::Null, &evil);
        deletion["request"]["operation"] = json!("DELETE");
        let mut of_the_past = creation(EVIL);
        of_the_past["request"]["object"]["metadata"]["deletionTimestamp"] = json!("2026-11-21T00:00:00Z");
        for (asked, allowed) in [
            (review(&evil, &evil), true),
            (review(&evil, &good), false),
            (review(&good, &evil), true),
            (review(&going, &going), true),
            (deletion, true),
            (of_the_past, false),
        ] {
            assert_eq!(validate(webhook.address, &asked).await["allowed"], json!(allowed), "{asked}");
        }
        webhook.stop().await;
    });
}
