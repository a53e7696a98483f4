//! As much of an API server as a watch of one object asks for. The real one is in `tests/kubernetes`.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::{fs, io};

use serde_json::{Value as Json, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// One object that may change, at one path.
#[derive(Clone)]
pub(crate) struct Api {
    object: watch::Sender<Json>,
    version: Arc<Mutex<u32>>,
    pub(crate) asked: Arc<Mutex<Vec<String>>>,
    pub(crate) address: SocketAddr,
}

impl Api {
    /// Serves the object; `null` for none.
    pub(crate) async fn start(object: Json) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let api = Self {
            object: watch::Sender::new(Json::Null),
            version: Arc::default(),
            asked: Arc::default(),
            address: listener.local_addr().expect("an address"),
        };
        api.change(object);
        let served = api.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let api = served.clone();
                // A client that goes away is no failure.
                tokio::spawn(async move { _ = api.serve(stream).await });
            }
        });
        api
    }

    /// A kubeconfig for it.
    pub(crate) fn kubeconfig(&self, path: &Path) {
        let server = format!("http://{}", self.address);
        let config = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "c", "cluster": {"server": server}}],
            "users": [{"name": "u", "user": {}}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
            "current-context": "x",
        });
        fs::write(path, config.to_string()).expect("written");
    }

    /// The object is another one from now on.
    pub(crate) fn change(&self, mut object: Json) {
        let mut version = self.version.lock().expect("a lock");
        *version += 1;
        if !object.is_null() {
            object["metadata"]["resourceVersion"] = json!(version.to_string());
        }
        self.object.send_replace(object);
    }

    async fn serve(self, stream: TcpStream) -> io::Result<()> {
        let mut stream = BufReader::new(stream);
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
            let mut header = String::new();
            while stream.read_line(&mut header).await? > 2 {
                header.clear();
            }
            self.asked.lock().expect("a lock").push(path.clone());
            if path.contains("watch=") {
                return self.watched(stream.into_inner()).await;
            }
            let object = self.object.borrow().clone();
            let version = self.version.lock().expect("a lock").to_string();
            let items: Vec<Json> = [object].into_iter().filter(|object| !object.is_null()).collect();
            let list =
                json!({"kind": "List", "apiVersion": "v1", "metadata": {"resourceVersion": version}, "items": items});
            let body = list.to_string();
            let head =
                format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
            stream.write_all((head + &body).as_bytes()).await?;
        }
    }

    /// Every change from now on, a line each.
    async fn watched(&self, mut stream: TcpStream) -> io::Result<()> {
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n")
            .await?;
        let mut changes = self.object.subscribe();
        let mut last = changes.borrow_and_update().clone();
        while changes.changed().await.is_ok() {
            let object = changes.borrow_and_update().clone();
            let event = match (object.is_null(), last.is_null()) {
                (true, _) => json!({"type": "DELETED", "object": last}),
                (false, true) => json!({"type": "ADDED", "object": object}),
                (false, false) => json!({"type": "MODIFIED", "object": object}),
            };
            let line = format!("{event}\n");
            stream.write_all(format!("{:x}\r\n{line}\r\n", line.len()).as_bytes()).await?;
            last = object;
        }
        Ok(())
    }
}
