//! Reading a request's body, within bounds of size, time and memory.

use std::time::Duration;

use http_body_util::BodyExt;
use hyper::StatusCode;
use hyper::body::{Body, Bytes, Incoming};
use tokio::time::timeout;

use super::memory::{GaveWay, Memory, Share};

/// What the first bytes of a body are given, where it has not announced less; each time that more arrives it is twice as much.
const FIRST: usize = 16 * 1024;

/// What reviews may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes of a review.
    pub review: usize,
    /// The bytes of all reviews that are arriving, waiting and being judged at the same time; at least those of two of the largest.
    pub memory: usize,
    /// The most time for reading a review, and then for judging it.
    pub time: Duration,
}

impl Default for Limits {
    /// 8 MiB a review, for an object of etcd's limit, 1.5 MiB, may come twice and escaped; eight of the largest; 10 s, which is how
    /// long the API server waits unless told otherwise (it waits for 30 s at most).
    fn default() -> Self {
        Self { review: 8 << 20, memory: 64 << 20, time: Duration::from_secs(10) }
    }
}

/// What reading may cost.
pub(super) struct Budget {
    limits: Limits,
    memory: Memory,
}

/// A body that was not read: what the peer is told.
pub(super) struct Unread {
    pub(super) status: StatusCode,
    pub(super) words: String,
}

impl Unread {
    fn new(status: StatusCode, words: impl Into<String>) -> Self {
        Self { status, words: words.into() }
    }
}

impl From<GaveWay> for Unread {
    fn from(_: GaveWay) -> Self {
        let words = "there is no more memory for reviews, and this one has been arriving for longest";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, words)
    }
}

impl Budget {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, memory: Memory::new(limits.memory.max(limits.review.saturating_mul(2))) }
    }

    /// Reads a body to its end. What it occupies is given back when `use_it` is done.
    ///
    /// # Errors
    /// `413` for one that is too large, `408` for one that takes too long, `503` for a slow one when memory runs out, `400` for
    /// one that breaks off.
    pub(super) async fn read<T>(&self, body: Incoming, use_it: impl AsyncFnOnce(Vec<u8>) -> T) -> Result<T, Unread> {
        let (_share, bytes) = timeout(self.limits.time, self.collect(body)).await.map_err(|_| {
            let words = format!("the request was not read within {} s", self.limits.time.as_secs_f32());
            Unread::new(StatusCode::REQUEST_TIMEOUT, words)
        })??;
        Ok(use_it(bytes).await)
    }

    async fn collect(&self, mut body: Incoming) -> Result<(Option<Share<'_>>, Vec<u8>), Unread> {
        let announced = body.size_hint().upper().map_or(Ok(self.limits.review), usize::try_from);
        let at_most = announced.unwrap_or(usize::MAX);
        if at_most > self.limits.review {
            return Err(self.too_large());
        }
        let (mut share, mut bytes): (Option<Share<'_>>, _) = (None, Vec::new());
        while let Some(data) = next(&mut body, share.as_ref()).await? {
            let length = bytes.len() + data.len();
            if length > self.limits.review {
                return Err(self.too_large());
            }
            let share = share.get_or_insert_with(|| self.memory.share());
            if length > share.held() {
                let room = (share.held() * 2).max(FIRST).min(at_most).max(length);
                share.grow(room - share.held()).await?;
                bytes.reserve_exact(room - bytes.len());
            }
            bytes.extend_from_slice(&data);
        }
        share.as_mut().map(Share::keep).transpose()?;
        Ok((share, bytes))
    }

    fn too_large(&self) -> Unread {
        Unread::new(StatusCode::PAYLOAD_TOO_LARGE, format!("a review may have {} bytes", self.limits.review))
    }
}

/// The next bytes of a body, while its share need not give way; none at its end.
async fn next(body: &mut Incoming, share: Option<&Share<'_>>) -> Result<Option<Bytes>, Unread> {
    loop {
        let frame = tokio::select! {
            frame = body.frame() => frame,
            () = asked_to_give_way(share) => return Err(GaveWay.into()),
        };
        match frame.transpose() {
            Ok(None) => return Ok(None),
            // Trailers say nothing.
            Ok(Some(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
            Err(error) => return Err(Unread::new(StatusCode::BAD_REQUEST, format!("the request broke off: {error}"))),
        }
    }
}

/// Never ends for a body that holds nothing yet.
async fn asked_to_give_way(share: Option<&Share<'_>>) {
    match share {
        Some(share) => share.gives_way().await,
        None => std::future::pending().await,
    }
}
