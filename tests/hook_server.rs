//! The hook server through its public surface: a client on real unix sockets.

// `cfg(test)` says to clippy that these are tests too.
#[cfg(test)]
#[path = "hook/client.rs"]
mod client;
#[cfg(test)]
#[path = "hook/grpc.rs"]
mod grpc;
#[cfg(test)]
#[path = "hook/hostile.rs"]
mod hostile;
#[cfg(test)]
#[path = "hook/process.rs"]
mod process;
#[cfg(test)]
#[path = "hook/rpc.rs"]
mod rpc;
#[cfg(test)]
#[path = "hook/scripted.rs"]
mod scripted;
#[cfg(test)]
#[path = "hook/wire.rs"]
mod wire;

use std::collections::HashSet;
use std::io::Write as _;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use client::{Pod, channel, define, offered, plugin};
use scripted::Scripted;
use tonic::Code as Grpc;
use virt_patch::diagnostic::{Code, Diagnostic};
use virt_patch::hook::r#gen::{v1alpha1, v1alpha2, v1alpha3};
use virt_patch::hook::log::Format;
use virt_patch::hook::{Log, MAX_ANSWER, Options, Refusal, serve};

#[tokio::test]
async fn every_version_answers_with_what_it_knows() {
    let hooks = Scripted { cloud_init: true, ..Scripted::default() };
    let calls = Arc::clone(&hooks.calls);
    let pod = Pod::start(hooks);
    let channel = channel(&pod.socket()).await;
    assert_eq!(
        offered(&pod.socket()).await,
        (
            "hook-sidecar-0".into(),
            "v1alpha3 v1alpha2 v1alpha1".into(),
            "OnDefineDomain PreCloudInitIso Shutdown".into()
        )
    );

    let mut first = v1alpha1::callbacks_client::CallbacksClient::new(channel.clone());
    let params = v1alpha1::OnDefineDomainParams { domain_xml: "d1".into(), vmi: "v".into() };
    assert_eq!(first.on_define_domain(params).await.unwrap().into_inner().domain_xml, "d1|v");

    let mut second = v1alpha2::callbacks_client::CallbacksClient::new(channel.clone());
    let params = v1alpha2::OnDefineDomainParams { domain_xml: "d2".into(), vmi: "v".into() };
    assert_eq!(second.on_define_domain(params).await.unwrap().into_inner().domain_xml, "d2|v");
    let params = v1alpha2::PreCloudInitIsoParams {
        cloud_init_no_cloud_source: "n".into(),
        vmi: "v".into(),
        cloud_init_data: "c".into(),
    };
    let answer = second.pre_cloud_init_iso(params).await.unwrap().into_inner();
    assert_eq!((&answer.cloud_init_no_cloud_source[..], &answer.cloud_init_data[..]), (&b"nv"[..], &b"cv"[..]));

    let mut third = v1alpha3::callbacks_client::CallbacksClient::new(channel.clone());
    let params = v1alpha3::PreCloudInitIsoParams {
        cloud_init_no_cloud_source: "n".into(),
        vmi: "v".into(),
        cloud_init_data: "c".into(),
    };
    let answer = third.pre_cloud_init_iso(params).await.unwrap().into_inner();
    assert_eq!((&answer.cloud_init_no_cloud_source[..], &answer.cloud_init_data[..]), (&b"nv"[..], &b"cv"[..]));

    assert_eq!(plugin(&channel, "libvirt", "p", "MigrationSource").await.unwrap(), "p|v");
    let refused = plugin(&channel, "cloud-hypervisor", "p", "Boot").await.unwrap_err();
    assert_eq!(refused.code(), Grpc::InvalidArgument);
    assert!(refused.message().contains("cloud-hypervisor"), "{refused}");

    let calls = calls.lock().unwrap();
    let apis: Vec<_> = calls.iter().map(|call| call.api).collect();
    assert_eq!(apis, ["v1alpha1", "v1alpha2", "v1alpha2", "v1alpha3", "plugin-v1alpha1"]);
    assert_eq!(calls.last().unwrap().invocation_context.as_deref(), Some("MigrationSource"));
    let ids: HashSet<u64> = calls.iter().map(|call| call.id).collect();
    assert_eq!(ids.len(), calls.len());
}

#[tokio::test]
async fn cloud_init_is_announced_only_when_offered() {
    let pod = Pod::start(Scripted::default());
    assert_eq!(offered(&pod.socket()).await.2, "OnDefineDomain Shutdown");
}

#[tokio::test]
async fn an_unknown_service_or_method_is_unimplemented() {
    let pod = Pod::start(Scripted::default());
    let channel = channel(&pod.socket()).await;
    for path in ["/kubevirt.hooks.v9.Callbacks/OnDefineDomain", "/kubevirt.hooks.v1alpha1.Callbacks/Shutdown"] {
        let mut grpc = tonic::client::Grpc::new(channel.clone());
        grpc.ready().await.unwrap();
        let codec = tonic_prost::ProstCodec::<v1alpha3::ShutdownParams, v1alpha3::ShutdownResult>::default();
        let request = tonic::Request::new(v1alpha3::ShutdownParams {});
        let status = grpc.unary(request, path.parse().unwrap(), codec).await.unwrap_err();
        assert_eq!(status.code(), Grpc::Unimplemented, "{path}");
    }
    assert_eq!(define(&channel, "still").await.unwrap(), "still|v");
}

#[tokio::test]
async fn large_messages_pass_and_too_large_ones_are_refused() {
    let pod = Pod::start(Scripted::default());
    let channel = channel(&pod.socket()).await;
    let mebibyte = "x".repeat(1 << 20);
    assert_eq!(define(&channel, &mebibyte).await.unwrap().len(), (1 << 20) + 2);
    assert_eq!(define(&channel, "largest").await.unwrap().len(), MAX_ANSWER - 16);

    let status = define(&channel, "huge").await.unwrap_err();
    assert_eq!(status.code(), Grpc::ResourceExhausted);
    assert!(status.message().contains("virt-launcher takes at most"), "{status}");

    let small = Pod::start_with(Scripted::default(), |options| Options { max_request: 1000, ..options });
    let channel = client::channel(&small.socket()).await;
    let status = define(&channel, &mebibyte).await.unwrap_err();
    assert!(status.message().contains("at most 1000 are read"), "{status}");
    assert_eq!(define(&channel, "still").await.unwrap(), "still|v");
}

#[tokio::test]
async fn two_hundred_calls_at_once_are_all_answered() {
    let pod = Pod::start(Scripted::default());
    let socket = pod.socket();
    let calls: Vec<_> = (0..200)
        .map(|n| {
            let socket = socket.clone();
            tokio::spawn(async move { define(&channel(&socket).await, &format!("domain {n}")).await })
        })
        .collect();
    for (n, call) in calls.into_iter().enumerate() {
        assert_eq!(call.await.unwrap().unwrap(), format!("domain {n}|v"));
    }
}

#[tokio::test]
async fn a_panic_is_an_error_of_its_call_and_tells_nothing_of_the_document() {
    let pod = Pod::start(Scripted::default());
    let channel = channel(&pod.socket()).await;
    for _ in 0..3 {
        let status = define(&channel, "panic").await.unwrap_err();
        assert_eq!(status.code(), Grpc::Internal);
        assert!(!status.message().contains("secret"), "{status}");
        assert_eq!(define(&channel, "still").await.unwrap(), "still|v");
    }
    assert!(!pod.log().contains("secret"), "{}", pod.log());
}

#[tokio::test]
async fn each_kind_of_failure_has_its_code_and_its_message_whole() {
    let pod = Pod::start(Scripted::default());
    let channel = channel(&pod.socket()).await;
    for (domain, code, message) in [
        ("input", Grpc::InvalidArgument, "the input"),
        ("rule", Grpc::FailedPrecondition, "größer\nthan 100%"),
        ("limit", Grpc::ResourceExhausted, "the limit"),
        ("empty", Grpc::Internal, "the answer is empty"),
    ] {
        let status = define(&channel, domain).await.unwrap_err();
        assert_eq!((status.code(), status.message()), (code, message));
    }
}

#[tokio::test]
async fn the_log_has_a_json_line_for_each_call() {
    let pod = Pod::start(Scripted::default());
    let channel = channel(&pod.socket()).await;
    define(&channel, "secret content").await.unwrap();
    define(&channel, "rule").await.unwrap_err();
    pod.logged("hook failed").await;
    let log = pod.log();
    let lines: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let called = lines.iter().find(|line| line["msg"] == "hook called").expect("a call");
    assert_eq!((&called["api"], &called["hook"]), (&"v1alpha3".into(), &"OnDefineDomain".into()));
    assert_eq!((called["bytes_in"].as_u64(), called["bytes_out"].as_u64()), (Some(15), Some(16)));
    let failed = lines.iter().find(|line| line["msg"] == "hook failed").expect("a failure");
    assert_eq!((&failed["level"], &failed["error"]), (&"error".into(), &"größer\nthan 100%".into()));
    assert!(!log.contains("secret content"), "{log}");
}

#[tokio::test]
async fn shutdown_is_answered_then_ends_the_server_and_removes_its_socket() {
    let mut pod = Pod::start_with(Scripted::default(), |options| Options {
        plugin_socket: options.socket_dir.as_ref().map(|folder| folder.with_extension("d").join("x/p.sock")),
        ..options
    });
    let socket = pod.socket();
    let channel = channel(&socket).await;
    let mut client = v1alpha3::callbacks_client::CallbacksClient::new(channel);
    client.shutdown(v1alpha3::ShutdownParams {}).await.expect("an answer");
    pod.ended().await;
    assert!(!socket.exists());
    assert_eq!(std::fs::read_dir(&pod.folder).unwrap().count(), 0);
}

#[tokio::test]
async fn calls_that_run_are_finished_before_the_end() {
    let mut pod = Pod::start(Scripted::default());
    let channel = channel(&pod.socket()).await;
    let slow = tokio::spawn(async move { define(&channel, "slow").await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    pod.stop();
    assert_eq!(slow.await.unwrap().unwrap(), "slow");
    pod.ended().await;
}

#[tokio::test]
async fn a_peer_that_never_speaks_does_not_hold_up_the_others_nor_the_end() {
    let mut pod = Pod::start(Scripted::default());
    let socket = pod.socket();
    let _silent: Vec<UnixStream> = (0..20).map(|_| UnixStream::connect(&socket).unwrap()).collect();
    let mut garbage = UnixStream::connect(&socket).unwrap();
    garbage.write_all(&[0xff; 4096]).unwrap();
    let mut half = UnixStream::connect(&socket).unwrap();
    half.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x10\x01").unwrap();
    client::is_served(&socket).await;
    pod.stop();
    pod.ended().await;
}

#[tokio::test]
async fn silent_peers_that_take_every_place_lose_it_soon() {
    let pod = Pod::start(Scripted::default());
    let socket = pod.socket();
    let _silent: Vec<UnixStream> = (0..100).map(|_| UnixStream::connect(&socket).unwrap()).collect();
    let begun = Instant::now();
    client::is_served(&socket).await;
    let took = begun.elapsed();
    assert!(took > Duration::from_millis(100), "every place was taken, so there was something to wait for: {took:?}");
}

#[tokio::test]
async fn stale_sockets_of_the_same_container_are_removed_and_nothing_else() {
    let folder = client::folder();
    let at = |name: &str| folder.path().join(name);
    drop(UnixListener::bind(at("hook-sidecar-0-0123abcd.sock")).unwrap());
    drop(UnixListener::bind(at("hook-sidecar-00-0123abcd.sock")).unwrap());
    let _live = UnixListener::bind(at("hook-sidecar-0-89abcdef.sock")).unwrap();
    std::fs::write(at("hook-sidecar-0-00000000.sock"), "no socket").unwrap();
    let pod = Pod::start_in(folder.path(), Scripted::default(), |options| options);
    let socket = pod.socket_named(|name| !name.ends_with("-89abcdef.sock") && name.starts_with("hook-sidecar-0-"));
    assert_eq!(define(&channel(&socket).await, "d").await.unwrap(), "d|v");
    assert!(!at("hook-sidecar-0-0123abcd.sock").exists(), "stale");
    assert!(at("hook-sidecar-00-0123abcd.sock").exists(), "another container's");
    assert!(at("hook-sidecar-0-89abcdef.sock").exists(), "live");
    assert!(at("hook-sidecar-0-00000000.sock").exists(), "not a socket");
}

#[tokio::test]
async fn a_file_that_is_no_socket_is_not_replaced() {
    let folder = client::folder();
    let path = folder.path().join("p.sock");
    std::fs::write(&path, "precious").unwrap();
    let options = Options { socket_dir: None, plugin_socket: Some(path.clone()), ..Options::default() };
    let log = Arc::new(Log::to(Format::Json, std::io::sink()));
    let served = serve(Arc::new(Scripted::default()), options, log, std::future::pending()).await;
    assert!(served.is_err_and(|error| error.to_string().contains("no socket lies there")));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
}

#[tokio::test]
async fn a_plugin_socket_replaces_what_lies_there_and_leaves_a_successors_alone() {
    let folder = client::folder();
    let path = folder.path().join("p.sock");
    std::os::unix::fs::symlink("/nonexistent", &path).unwrap();
    let plugin_only = |options| Options { socket_dir: None, plugin_socket: Some(path.clone()), ..options };
    let mut first = Pod::start_in(folder.path(), Scripted::default(), plugin_only);
    first.ready(&path).await;
    assert!(std::fs::symlink_metadata(&path).unwrap().file_type().is_socket(), "KubeVirt refuses symlinks");

    let second = Pod::start_in(folder.path(), Scripted::default(), plugin_only);
    second.logged("listening").await;
    first.stop();
    first.ended().await;
    assert_eq!(plugin(&channel(&path).await, "libvirt", "d", "Boot").await.unwrap(), "d|v");
}

#[tokio::test]
async fn a_socket_that_cannot_be_is_an_error_that_says_why() {
    let folder = client::folder();
    let long = folder.path().join("x".repeat(100));
    std::fs::create_dir(&long).unwrap();
    std::fs::create_dir(folder.path().join("folder.sock")).unwrap();
    let none = Options::default();
    for (options, message) in [
        (Options { socket_dir: Some(long), ..none.clone() }, "a unix socket's at most 107"),
        (Options { socket_dir: Some(folder.path().join("absent")), ..none.clone() }, "cannot write here"),
        (Options { plugin_socket: Some(folder.path().join("p")), ..none.clone() }, "ends in .sock"),
        (Options { plugin_socket: Some(folder.path().join("folder.sock")), ..none.clone() }, "it is a folder"),
        (none, "neither a socket folder nor a plugin socket"),
    ] {
        let error = client::serve_error(Scripted::default(), options).await;
        assert!(error.contains(message), "{error}");
    }
}

#[tokio::test]
async fn a_refusal_answers_info_and_tells_every_hook_why() {
    let problems = ["first", "second"].map(|text| Diagnostic::error(Code::InvalidArgument, text));
    let pod = Pod::start(Refusal::of(&problems));
    assert_eq!(offered(&pod.socket()).await.2, "OnDefineDomain Shutdown");
    let channel = channel(&pod.socket()).await;
    let told = "error[invalid-argument]: first\nerror[invalid-argument]: second";
    let status = define(&channel, "d").await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Grpc::FailedPrecondition, told));
    assert_eq!(plugin(&channel, "libvirt", "d", "Boot").await.unwrap_err().message(), told);
    let mut client = v1alpha2::callbacks_client::CallbacksClient::new(channel);
    let status = client.pre_cloud_init_iso(v1alpha2::PreCloudInitIsoParams::default()).await.unwrap_err();
    assert_eq!(status.message(), told);
}

#[test]
fn a_socket_is_never_seen_before_it_answers() {
    let folder = client::folder();
    for round in 0..40 {
        let sub = folder.path().join(round.to_string());
        std::fs::create_dir(&sub).unwrap();
        let watched = sub.clone();
        let watcher = std::thread::spawn(move || {
            let deadline = Instant::now() + client::PATIENCE;
            while Instant::now() < deadline {
                for entry in std::fs::read_dir(&watched).unwrap().flatten() {
                    if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                        return UnixStream::connect(entry.path()).map(drop).map_err(|e| e.to_string());
                    }
                }
            }
            Err("never appeared".to_owned())
        });
        let _pod = Pod::start_in(&sub, Scripted::default(), |options| options);
        watcher.join().unwrap().expect("whatever appears can be connected to");
    }
}

#[test]
fn nothing_but_the_socket_stays_in_the_folder() {
    let pod = Pod::start(Scripted::default());
    let socket = pod.socket();
    let names: Vec<_> = std::fs::read_dir(&pod.folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(names, std::slice::from_ref(&socket));
    assert!(std::fs::metadata(&socket).unwrap().permissions().mode() & 0o200 != 0);
    assert!(socket.file_name().unwrap().to_str().unwrap().starts_with("hook-sidecar-0-"), "{}", socket.display());
}
