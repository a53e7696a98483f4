//! A request's head: whether it is gRPC that this server speaks.

use std::time::Duration;

use http::{HeaderMap, Method, StatusCode, header, request};

use super::status::Code;
use super::timeout;
use super::unanswered::Rejection;

/// The content type of gRPC messages in protobuf, and what may follow it.
const CONTENT_TYPE: &[u8] = b"application/grpc";

/// What a call's head says beside the method's path.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::hook) struct Head {
    /// How long the peer waits for the answer.
    pub(in crate::hook) timeout: Option<Duration>,
}

impl Head {
    /// Reads the head (`Request-Headers`). `te: trailers` is not asked for: it would only show a proxy that
    /// drops trailers, and on a unix socket there is none.
    pub(in crate::hook) fn read(parts: &request::Parts) -> Result<Self, Rejection> {
        if parts.method != Method::POST {
            return Err(Rejection::Http(StatusCode::METHOD_NOT_ALLOWED));
        }
        if !is_grpc(&parts.headers) {
            return Err(Rejection::Http(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
        if let Some(encoding) = parts.headers.get("grpc-encoding").filter(|encoding| *encoding != "identity") {
            let encoding = String::from_utf8_lossy(encoding.as_bytes());
            let message = format!("the request is compressed ({encoding}), only `identity` is read");
            return Err(Rejection::grpc(Code::Unimplemented, message));
        }
        let timeout = match parts.headers.get("grpc-timeout") {
            None => None,
            Some(value) => match timeout::parse(value.as_bytes()) {
                None => return Err(Rejection::grpc(Code::Internal, "grpc-timeout cannot be read")),
                timeout => timeout,
            },
        };
        Ok(Self { timeout })
    }
}

/// Whether the content type is `application/grpc`, alone, with `+proto`, or with parameters. Other
/// message formats (`+json`) are none of this server's.
fn is_grpc(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE).map(|value| value.as_bytes()) else { return false };
    let Some((start, rest)) = value.split_at_checked(CONTENT_TYPE.len()) else { return false };
    let rest = rest.strip_prefix(b"+proto").unwrap_or(rest);
    start.eq_ignore_ascii_case(CONTENT_TYPE) && matches!(rest.first(), None | Some(b';' | b' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(method: &str, headers: &[(&'static str, &str)]) -> Result<Head, Rejection> {
        let mut request = http::Request::builder().method(method);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Head::read(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn what_is_not_grpc_is_answered_in_http() {
        for (method, content_type, status) in [
            ("GET", "application/grpc", 405),
            ("POST", "application/json", 415),
            ("POST", "application/grpcx", 415),
            ("POST", "application/grpc+json", 415),
            ("POST", "application/grpc-web", 415),
            ("POST", "", 415),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(head(method, &[("content-type", content_type)]), Err(Rejection::Http(status)), "{content_type}");
        }
        for content_type in ["application/grpc", "application/grpc+proto", "Application/gRPC; charset=utf-8"] {
            assert_eq!(head("POST", &[("content-type", content_type)]), Ok(Head { timeout: None }), "{content_type}");
        }
    }

    #[test]
    fn compression_and_unreadable_timeouts_are_told() {
        let grpc = ("content-type", "application/grpc");
        assert!(head("POST", &[grpc, ("grpc-encoding", "identity")]).is_ok());
        let compressed = head("POST", &[grpc, ("grpc-encoding", "gzip")]).unwrap_err();
        assert!(matches!(compressed, Rejection::Grpc(status) if status.code == Code::Unimplemented));
        let soon = head("POST", &[grpc, ("grpc-timeout", "20S")]).unwrap();
        assert_eq!(soon.timeout, Some(Duration::from_secs(20)));
        let odd = head("POST", &[grpc, ("grpc-timeout", "soon")]).unwrap_err();
        assert!(matches!(odd, Rejection::Grpc(status) if status.code == Code::Internal));
    }
}
