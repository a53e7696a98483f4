//! Load: a table of real sizes, over and over. `WEBHOOK_REVIEWS=100000 cargo test --release --test webhook load -- --nocapture`
//! measures; without it a few reviews show that the measurement works.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use tokio::io::BufStream;

use super::client::{ask, connect, request};
use super::{EVIL, GOOD, SIDECARS, Webhook, review, run, vmi};

const REVIEWS: usize = 2_000;
const CONNECTIONS: usize = 8;
/// What the process may grow by between the first quarter of the reviews and their end. It holds the client too.
const GROWTH: usize = 16 << 20;

/// A review of the table.
struct Sample {
    name: &'static str,
    request: Vec<u8>,
    allowed: bool,
}

/// A VM as clusters have it: `managedFields` and status make most of it.
fn vm(annotations: &Json, bytes: usize) -> Json {
    let fields: serde_json::Map<String, Json> =
        (0..bytes / 40).map(|number| (format!("f:some-field-of-the-vm-{number}"), json!({}))).collect();
    let disks: Vec<Json> = (0..4).map(|n| json!({"name": format!("disk{n}"), "disk": {"bus": "virtio"}})).collect();
    json!({
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachine",
        "metadata": {"name": "vm", "namespace": "team", "managedFields": [{"manager": "kubectl", "fieldsV1": {"f:spec": fields}}]},
        "spec": {"runStrategy": "Always", "template": {"metadata": {"annotations": annotations}, "spec": {"domain": {"devices": {"disks": disks}}}}},
    })
}

fn table() -> Vec<Sample> {
    let rules = |pack: &str| {
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("rules").join(pack).join("rules.yaml"))
            .expect("a pack")
    };
    let sidecars = json!([{"image": "good.example/a:1", "args": ["--version", "v1alpha2"],
        "configMap": {"name": "rules", "key": "rules.yaml", "hookPath": "/usr/bin/onDefineDomain"}}]);
    let with = json!({ SIDECARS: sidecars.to_string(), "virt-patch.dev/rules": rules("smbios") });
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "rules", "labels": {"virt-patch.dev/rules": "true"}},
        "data": {"network.yaml": rules("network"), "disk.yaml": rules("disk"), "gpu.yaml": rules("gpu")}});
    let plain = vm(&json!({}), 8_000);
    let (mut before, mut after) = (vm(&with, 20_000), vm(&with, 20_000));
    before["metadata"]["generation"] = json!(1);
    after["metadata"]["generation"] = json!(2);
    let sample = |name, object: &Json, old: &Json, allowed| Sample {
        name,
        request: request("POST", "/validate", review(object, old).to_string().as_bytes()),
        allowed,
    };
    vec![
        sample("a VM without sidecars", &plain, &Json::Null, true),
        sample("a VM with a sidecar and rules", &vm(&with, 8_000), &Json::Null, true),
        sample("an update of such a VM", &after, &before, true),
        sample("a VMI, refused", &vmi(EVIL), &Json::Null, false),
        sample("a small VMI", &vmi(GOOD), &Json::Null, true),
        sample("a ConfigMap of three packs' rules", &map, &Json::Null, true),
        sample("a large VM", &vm(&with, 200_000), &Json::Null, true),
    ]
}

/// Resident memory of this process.
fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
    line.trim().trim_end_matches(" kB").parse::<usize>().expect("a number") * 1024
}

#[test]
fn load_of_real_sizes_is_answered_and_memory_stays_flat() {
    let count = std::env::var("WEBHOOK_REVIEWS").ok().map_or(REVIEWS, |text| text.parse().expect("a number"));
    run(async {
        let webhook = Webhook::start(|_| {}).await;
        let (table, next, at_quarter) =
            (Arc::new(table()), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let started = Instant::now();
        let clients: Vec<_> = (0..CONNECTIONS)
            .map(|_| {
                let (table, next, at_quarter) = (Arc::clone(&table), Arc::clone(&next), Arc::clone(&at_quarter));
                let address = webhook.address;
                tokio::spawn(async move {
                    let mut took: Vec<Vec<Duration>> = vec![Vec::new(); table.len()];
                    let mut stream = BufStream::new(connect(address, &[]).await);
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= count {
                            return took;
                        }
                        if number == count / 4 {
                            at_quarter.store(resident(), Ordering::Relaxed);
                        }
                        let sample = &table[number % table.len()];
                        let started = Instant::now();
                        let response = ask(&mut stream, &sample.request).await.response();
                        took[number % table.len()].push(started.elapsed());
                        assert_eq!(response["allowed"], json!(sample.allowed), "{}: {response}", sample.name);
                    }
                })
            })
            .collect();
        let mut took: Vec<Vec<Duration>> = vec![Vec::new(); table.len()];
        for client in clients {
            for (all, mut one) in took.iter_mut().zip(client.await.expect("a client")) {
                all.append(&mut one);
            }
        }
        let (elapsed, resident) = (started.elapsed(), resident());
        let answered: usize = took.iter().map(Vec::len).sum();
        assert_eq!(answered, count);
        println!(
            "{count} reviews over {CONNECTIONS} connections: {:.0} a second",
            count as f64 / elapsed.as_secs_f64()
        );
        for (sample, all) in table.iter().zip(&mut took) {
            all.sort_unstable();
            let at = |part: usize| all[(all.len() * part / 100).min(all.len() - 1)];
            println!("  {:36} {:7} bytes  p50 {:?}  p99 {:?}", sample.name, sample.request.len(), at(50), at(99));
        }
        let quarter = at_quarter.load(Ordering::Relaxed);
        println!("resident after a quarter {} KiB, at the end {} KiB", quarter / 1024, resident / 1024);
        assert!(resident < quarter + GROWTH, "{quarter} bytes grew to {resident}");
        webhook.stop().await;
    });
}
