//! The files of `spec.files`: what is written, where, and what it never touches.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use virt_patch::hook::log::Format;
use virt_patch::hook::{Hooks, Log, SidecarOptions};
use virt_patch::sidecar::Sidecar;

use super::{DOMAIN, call};

/// A rule set that brings these files, and says in the domain where `a` is.
fn rules(files: &str) -> String {
    format!(
        "apiVersion: virt-patch.dev/v1alpha1
kind: RuleSet
metadata: {{name: files}}
spec:
  files: [{files}]
  onDefineDomain:
    - set: {{/domain/title: \"${{file-path('a')}}\"}}
"
    )
}

/// A folder with `sockets`, which the containers share, `own`, which they do not, and a rule file.
struct Volume {
    folder: tempfile::TempDir,
}

impl Volume {
    fn new(rules: &[&str]) -> Self {
        let volume = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(volume.path("sockets")).unwrap();
        fs::create_dir(volume.path("own")).unwrap();
        for (number, text) in rules.iter().enumerate() {
            fs::write(
                volume.path(&format!("{number}.yaml")),
                text.replace("{own}", volume.path("own").to_str().unwrap()),
            )
            .unwrap();
        }
        volume
    }

    fn path(&self, inside: &str) -> PathBuf {
        self.folder.path().join(inside)
    }

    fn arguments(&self) -> Vec<String> {
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        let arguments = ["--rules".to_owned(), text(self.folder.path()), "--socket-dir".to_owned()];
        arguments.into_iter().chain([text(&self.path("sockets"))]).collect()
    }

    fn start(&self, more: &[&str]) -> Sidecar {
        let arguments = self.arguments().into_iter().chain(more.iter().map(|&text| text.to_owned()));
        let options = SidecarOptions::parse(arguments, |_| None);
        Sidecar::with_mounts(&options, &[], Arc::new(Log::to(Format::Json, std::io::sink())))
    }

    /// What a sidecar that starts here answers.
    fn define(&self) -> Result<String, String> {
        let answer = self.start(&[]).on_define_domain(DOMAIN.as_bytes(), b"{}", &call());
        answer.map(|bytes| String::from_utf8(bytes).unwrap()).map_err(|failure| failure.message)
    }

    fn fails(&self, wanted: &[&str]) {
        let message = self.define().expect_err("an error");
        assert!(message.contains("container-file"), "{message}");
        for part in wanted {
            assert!(message.contains(part), "{message:?} lacks {part:?}");
        }
    }

    /// The names in the folder of files, or in another one.
    fn names(&self, inside: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(inside)).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn mode(&self, inside: &str) -> u32 {
        fs::symlink_metadata(self.path(inside)).unwrap().permissions().mode() & 0o7777
    }
}

#[test]
fn files_are_there_whole_and_for_all_to_read() {
    let volume = Volume::new(&[&rules(
        "{name: a, base64: 'AP8K'}, {name: b.sh, text: \"#!/bin/sh\\n${x}\\n\", mode: '0555'}, {name: c, file: '{own}/c', mode: 0644}",
    )]);
    fs::write(volume.path("own/c"), b"\0rom\xff").unwrap();
    let domain = volume.define().unwrap();
    let seen = volume.path("sockets/files/a");
    assert!(domain.contains(&format!("<title>{}</title>", seen.display())), "{domain}");
    assert_eq!(fs::read(seen).unwrap(), b"\0\xff\n");
    assert_eq!(fs::read(volume.path("sockets/files/b.sh")).unwrap(), b"#!/bin/sh\n${x}\n");
    assert_eq!(fs::read(volume.path("sockets/files/c")).unwrap(), b"\0rom\xff");
    let modes = ["sockets/files", "sockets/files/a", "sockets/files/b.sh", "sockets/files/c"];
    assert_eq!(modes.map(|name| volume.mode(name)), [0o755, 0o444, 0o555, 0o644]);
    assert_eq!(volume.names("sockets/files"), ["a", "b.sh", "c"]);
    assert_eq!(volume.names("sockets"), ["files"], "nothing lies beside the sockets");
}

#[test]
fn a_restart_replaces_files_whole() {
    let volume = Volume::new(&[&rules("{name: a, file: '{own}/a'}")]);
    fs::write(volume.path("own/a"), "old").unwrap();
    volume.define().unwrap();
    let old = volume.path("sockets/files/a");
    let (inode, kept) = (fs::metadata(&old).unwrap().ino(), volume.path("sockets/files/kept"));
    fs::hard_link(&old, &kept).unwrap();
    // What a process that was killed while it wrote leaves.
    fs::write(volume.path("sockets/files/.a.new"), "half").unwrap();
    fs::write(volume.path("own/a"), "new").unwrap();
    volume.define().unwrap();
    assert_eq!(fs::read_to_string(&old).unwrap(), "new");
    assert_ne!(fs::metadata(&old).unwrap().ino(), inode);
    assert_eq!(fs::read_to_string(&kept).unwrap(), "old", "who has the old file open keeps it");
    assert_eq!(volume.names("sockets/files"), ["a", "kept"]);
}

#[test]
fn no_link_in_the_shared_folder_is_followed() {
    let volume = Volume::new(&[&rules("{name: a, text: rom}")]);
    fs::create_dir(volume.path("sockets/files")).unwrap();
    fs::write(volume.path("own/victim"), "safe").unwrap();
    for name in ["a", ".a.new"] {
        symlink(volume.path("own/victim"), volume.path("sockets/files").join(name)).unwrap();
    }
    volume.define().unwrap();
    assert_eq!(fs::read_to_string(volume.path("own/victim")).unwrap(), "safe");
    assert!(fs::symlink_metadata(volume.path("sockets/files/a")).unwrap().is_file());
    assert_eq!(volume.names("sockets/files"), ["a"]);

    fs::remove_dir_all(volume.path("sockets/files")).unwrap();
    symlink(volume.path("own"), volume.path("sockets/files")).unwrap();
    volume.fails(&["0.yaml:5:11", "`a` cannot be written", "sockets/files` is no folder"]);
    assert_eq!(volume.names("own"), ["victim"]);

    fs::remove_file(volume.path("sockets/files")).unwrap();
    fs::write(volume.path("sockets/files"), "").unwrap();
    volume.fails(&["sockets/files` is no folder"]);
}

#[test]
fn what_cannot_be_a_file_is_every_hooks_error() {
    let volume = Volume::new(&[&rules("{name: a, file: '{own}/a'}")]);
    volume.fails(&["0.yaml:5:11", "`a` has no content", "there is no `", "own/a`"]);
    fs::create_dir(volume.path("own/a")).unwrap();
    volume.fails(&["`a` has no content", "is no regular file"]);
    fs::remove_dir(volume.path("own/a")).unwrap();
    symlink("/proc/self/environ", volume.path("own/a")).unwrap();
    volume.fails(&["`a` has no content", "nothing under /proc"]);
    fs::remove_file(volume.path("own/a")).unwrap();
    fs::create_dir_all(volume.path("sockets/files/a/b")).unwrap();
    fs::write(volume.path("own/a"), "x").unwrap();
    volume.fails(&["`a` cannot be written"]);
    assert_eq!(volume.names("sockets/files"), ["a"]);
    fs::remove_dir_all(volume.path("sockets")).unwrap();
    volume.fails(&["cannot be made"]);
}

#[test]
fn files_are_bounded() {
    let of = |length: u64, files: &str| {
        let volume = Volume::new(&[&rules(files)]);
        fs::File::create(volume.path("own/a")).unwrap().set_len(length).unwrap();
        volume
    };
    let mib = 1 << 20;
    let volume = of(16 * mib + 1, "{name: a, file: '{own}/a'}");
    volume.fails(&["`a` has more than 16 MiB"]);
    assert!(volume.names("sockets/files").is_empty());
    let four = ["a", "b", "c", "d"].map(|name| format!("{{name: {name}, file: '{{own}}/a'}}")).join(", ");
    let volume = of(16 * mib, &four);
    assert!(volume.define().is_ok());
    let volume = of(16 * mib, &format!("{four}, {{name: e, text: x}}"));
    volume.fails(&["`e` is too large: all files together have more than 64 MiB"]);
}

#[test]
fn two_rule_sets_may_bring_the_same_file() {
    let same = rules("{name: a, text: x}");
    let volume = Volume::new(&[&same, &same]);
    assert!(volume.define().is_ok());
    for other in ["{name: a, text: y}", "{name: a, text: x, mode: '0555'}"] {
        let volume = Volume::new(&[&same, &rules(other)]);
        volume.fails(&["1.yaml:5:11", "`a` is another one than that of the same name", "0.yaml:5:11"]);
        assert_eq!(volume.names("sockets"), [""; 0], "nothing is written where something is wrong");
    }
    let many = |letter: char| (0..17).map(|number| format!("{{name: {letter}{number}, text: x}}")).collect::<Vec<_>>();
    let of = |letter: char| rules(&format!("{{name: a, text: x}}, {}", many(letter).join(", ")));
    Volume::new(&[&of('b'), &of('c')]).fails(&["1.yaml", "`c14` is one too many: a sidecar writes at most 32"]);
}

#[test]
fn audit_writes_nothing() {
    let volume = Volume::new(&[&rules("{name: a, text: x}")]);
    volume.start(&["--mode", "Audit"]);
    assert!(volume.names("sockets").is_empty());
}

/// A program that a policy refuses must not lie where QEMU could run it.
#[test]
fn what_a_policy_refuses_is_never_written() {
    let volume = Volume::new(&[&rules("{name: a, text: x}")]);
    volume.start(&["--policy", "builtin:restricted"]);
    assert!(volume.names("sockets").is_empty());
    volume.start(&["--policy", "builtin:baseline"]);
    assert_eq!(volume.names("sockets/files"), ["a"]);
}

/// The sidecar's program, ended with the test.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// virt-launcher asks as soon as it sees the socket, and starts QEMU as soon as it has asked.
#[test]
fn files_are_there_before_the_socket() {
    let volume = Volume::new(&[&rules("{name: a, text: x}")]);
    let mut command = Command::new(env!("CARGO_BIN_EXE_virt-patch-sidecar"));
    let program = command.args(volume.arguments()).stderr(Stdio::null()).spawn().unwrap();
    let _program = Program(program);
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let names = volume.names("sockets");
        if names.iter().any(|name| name.ends_with(".sock")) {
            break;
        }
        assert!(Instant::now() < deadline, "no socket: {names:?}");
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(fs::read_to_string(volume.path("sockets/files/a")).unwrap(), "x");
}
