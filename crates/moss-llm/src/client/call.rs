//! One call: the request, its repetitions, and the answer.

use std::sync::Arc;
use std::time::SystemTime;

use futures::Stream;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Response, StatusCode};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::Inner;
use super::template::Letter;
use crate::retry::{self, Failure};
use crate::transport::{Body, MAX_ERROR_BODY, Watch};
use crate::wire::WireDecoder;
use crate::{
    FrameDecoder, FrameError, Framing, ModelChunk, ModelError, ModelErrorKind, ModelEvent,
    ModelRequest, RateLimits,
};

/// The chunks of one answer. Nothing is sent before it is polled.
pub(super) fn stream(
    client: Arc<Inner>,
    request: ModelRequest,
    cancel: CancellationToken,
) -> impl Stream<Item = Result<ModelChunk, ModelError>> + Send + 'static {
    let call = Box::new((Call { client, cancel }, request));
    futures::stream::unfold(State::New(call), |state| async move {
        let mut answer = match state {
            // Boxed, so that the future of each later chunk, which is moved, stays small.
            State::New(new) => {
                let (call, request) = *new;
                match Box::pin(call.begin(&request)).await {
                    Ok(Answer::Streamed(answer)) => answer,
                    Ok(Answer::Whole(chunk)) => return Some((Ok(chunk), State::Ended)),
                    Err(error) => return Some((Err(error), State::Ended)),
                }
            }
            State::Answering(answer) => answer,
            State::Ended => return None,
        };
        match answer.next().await {
            Ok(Some(chunk)) => Some((Ok(chunk), State::Answering(answer))),
            Ok(None) => None,
            Err(error) => Some((Err(error), State::Ended)),
        }
    })
}

enum State {
    New(Box<(Call, ModelRequest)>),
    Answering(Box<StreamedAnswer>),
    Ended,
}

enum Answer {
    Streamed(Box<StreamedAnswer>),
    Whole(ModelChunk),
}

struct Call {
    client: Arc<Inner>,
    cancel: CancellationToken,
}

impl Call {
    /// Sends the request until an answer begins.
    async fn begin(self, request: &ModelRequest) -> Result<Answer, ModelError> {
        let Inner { info, template, retry, .. } = &*self.client;
        let letter = template.letter(info, request)?;
        let mut attempt = 0;
        let (response, watch) = loop {
            let failure = match self.attempt(letter.clone()).await {
                Ok(response) => break response,
                Err(failure) => failure,
            };
            let Some(wait) = retry.wait(attempt, &failure) else {
                return Err(self.explain(failure.error));
            };
            attempt += 1;
            tracing::warn!(
                provider = %info.provider,
                attempt,
                wait_ms = wait.as_millis(),
                code = %failure.error.code(),
                status = failure.error.status,
                "the model call failed and is repeated"
            );
            if self.cancel.run_until_cancelled(sleep(wait)).await.is_none() {
                return Err(template.target.cancelled());
            }
        };
        let decoder = template.decoder(letter.endpoint, info, request);
        let framing = letter.endpoint.wire.framing();
        self.answer(framing, decoder, response, watch).await
    }

    /// Sends the request once.
    async fn attempt(&self, letter: Letter<'_>) -> Result<(Response, Watch), Failure> {
        let template = &self.client.template;
        let target = &template.target;
        if self.cancel.is_cancelled() {
            return Err(target.cancelled().into());
        }
        let wire = &letter.endpoint.wire;
        let mut watch =
            Watch::new(self.cancel.clone(), template.idle_timeout, template.answer_timeout);
        let send = async {
            let request = template.request(letter).await?;
            template.http().execute(request).await.map_err(|error| target.unsent(error))
        };
        let response = match watch.wait(send).await {
            Ok(response) => response?,
            Err(stop) => return Err(target.stopped(stop).into()),
        };
        if response.status().is_success() {
            return Ok((response, watch));
        }
        let status = response.status();
        let headers = response.headers().clone();
        let limit = self.client.max_stream;
        let body =
            Body::new(response, watch, target.clone(), limit).beginning(MAX_ERROR_BODY).await?;
        let mut error = if status.is_redirection() {
            let message = format!(
                "{} redirects to another address. Set `baseURL` to the final one",
                target.host
            );
            let error = target.error(ModelErrorKind::Protocol, message);
            ModelError { status: Some(status.as_u16()), ..error }
        } else {
            wire.error(status.as_u16(), &headers, &body, target.provider)
        };
        error.request_id = error.request_id.or_else(|| request_id(&headers));
        let now = SystemTime::now();
        error.rate_limits = RateLimits::read(&headers, now).map(Box::new);
        error.retry_after = retry::retry_after(&headers, now).or(error.retry_after).or_else(|| {
            let limits = error.rate_limits.as_ref().filter(|_| status.as_u16() == 429)?;
            limits.exhausted_for()
        });
        Err(Failure { error, advice: retry::advice(&headers) })
    }

    /// The final form of an error of the provider.
    fn explain(&self, mut error: ModelError) -> ModelError {
        if let Some(wait) = error.retry_after
            && wait > self.client.retry.longest_wait
        {
            error.message.push_str(&format!(
                " (the provider asks to wait {} s, longer than the {} s that are waited)",
                wait.as_secs(),
                self.client.retry.longest_wait.as_secs()
            ));
        }
        self.client.template.clean(error)
    }

    /// Takes an answer as what it says that it is: servers do not always heed `stream`.
    async fn answer(
        self,
        framing: Framing,
        decoder: Box<dyn WireDecoder>,
        response: Response,
        watch: Watch,
    ) -> Result<Answer, ModelError> {
        let Inner { info, template, .. } = &*self.client;
        let kind = Kind::of(response.headers(), framing, info.streaming);
        let status = response.status();
        let mut answer = Box::new(StreamedAnswer {
            request_id: request_id(response.headers()),
            rate_limits: RateLimits::read(response.headers(), SystemTime::now()).map(Box::new),
            body: Body::new(response, watch, template.target.clone(), self.client.max_stream),
            frames: kind.framing().unwrap_or(framing).decoder(),
            wire: decoder,
            body_ended: false,
            client: Arc::clone(&self.client),
            cancel: self.cancel,
        });
        match kind {
            Kind::Stream(_) if info.streaming => Ok(Answer::Streamed(answer)),
            Kind::Stream(_) => answer.collected().await.map(Answer::Whole),
            Kind::Json => answer.whole().await.map(Answer::Whole),
            Kind::Html => {
                let error = answer.web_page(status);
                Err(answer.explained(error))
            }
        }
    }
}

/// What an answer says that it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Stream(Framing),
    Json,
    Html,
}

impl Kind {
    /// Unknown types, and none, count as what was asked for: small servers are careless with this header.
    fn of(headers: &HeaderMap, framing: Framing, streaming: bool) -> Self {
        let text = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let essence = text.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        match essence.to_ascii_lowercase().as_str() {
            "text/event-stream" => Self::Stream(Framing::EventStream),
            "text/html" | "application/xhtml+xml" => Self::Html,
            "application/json" => Self::Json,
            own if own == framing.content_type() => Self::Stream(framing),
            _ if streaming => Self::Stream(framing),
            _ => Self::Json,
        }
    }

    const fn framing(self) -> Option<Framing> {
        match self {
            Self::Stream(framing) => Some(framing),
            Self::Json | Self::Html => None,
        }
    }
}

/// An answer that streams in: bytes, then events, then chunks.
struct StreamedAnswer {
    body: Body,
    frames: Box<dyn FrameDecoder>,
    wire: Box<dyn WireDecoder>,
    body_ended: bool,
    request_id: Option<String>,
    /// Told with the answer's start.
    rate_limits: Option<Box<RateLimits>>,
    client: Arc<Inner>,
    cancel: CancellationToken,
}

impl StreamedAnswer {
    /// The next chunk; `None` after the last.
    async fn next(&mut self) -> Result<Option<ModelChunk>, ModelError> {
        let next = self.read().await;
        let next = next.map_err(|error| self.explained(error))?;
        Ok(next.map(|chunk| self.with_limits(chunk)))
    }

    async fn read(&mut self) -> Result<Option<ModelChunk>, ModelError> {
        if self.cancel.is_cancelled() {
            return Err(self.client.template.target.cancelled());
        }
        loop {
            if self.wire.is_done() {
                self.body.finish().await;
                return self.wire.finish().map(|()| None);
            }
            let piece =
                if self.body_ended { self.frames.finish() } else { self.frames.next_frame() };
            match piece.map_err(|error| unframed(&self.client, error))? {
                Some(piece) => {
                    let whole = piece.terminated;
                    match self.wire.decode(piece.frame) {
                        Ok(None) => {}
                        Ok(Some(chunk)) => return Ok(Some(chunk)),
                        Err(error) if whole => return Err(error),
                        // That half a frame cannot be read is not what went wrong.
                        Err(error) => {
                            self.wire.finish()?;
                            return Err(ModelError { kind: ModelErrorKind::Truncated, ..error });
                        }
                    }
                }
                None if self.body_ended => return self.wire.finish().map(|()| None),
                None => match self.body.next().await? {
                    Some(bytes) => self.frames.push(&bytes),
                    None => self.body_ended = true,
                },
            }
        }
    }

    /// All chunks of a stream as one.
    async fn collected(&mut self) -> Result<ModelChunk, ModelError> {
        let mut whole = ModelChunk::default();
        while let Some(chunk) = self.next().await? {
            whole.events.extend(chunk.events);
        }
        Ok(whole)
    }

    /// The chunk of an answer in one piece.
    async fn whole(&mut self) -> Result<ModelChunk, ModelError> {
        let body = self.body.whole(self.client.max_body).await;
        let chunk = body.and_then(|body| self.wire.decode_response(&body));
        let chunk = chunk.map_err(|error| self.explained(error))?;
        Ok(self.with_limits(chunk))
    }

    fn with_limits(&mut self, mut chunk: ModelChunk) -> ModelChunk {
        if self.rate_limits.is_some()
            && let Some(ModelEvent::Started(info)) = chunk.events.first_mut()
        {
            info.rate_limits = self.rate_limits.take();
        }
        chunk
    }

    fn web_page(&self, status: StatusCode) -> ModelError {
        let target = &self.client.template.target;
        let message = format!(
            "{} answered with an HTML page and not as a model server. Check `baseURL`, which often has to end with `/v1`",
            target.host
        );
        let error = target.error(ModelErrorKind::Protocol, message);
        ModelError { status: Some(status.as_u16()), ..error }
    }

    fn explained(&self, mut error: ModelError) -> ModelError {
        if error.request_id.is_none() {
            error.request_id.clone_from(&self.request_id);
        }
        self.client.template.clean(error)
    }
}

fn unframed(client: &Inner, error: FrameError) -> ModelError {
    let kind = match error {
        FrameError::TooLarge { .. } => ModelErrorKind::TooLarge,
        FrameError::Damaged { .. } => ModelErrorKind::Protocol,
    };
    let message = error.to_string();
    ModelError { source: Some(error.into()), ..client.template.target.error(kind, message) }
}

fn request_id(headers: &HeaderMap) -> Option<String> {
    const NAMES: &[&str] = &[
        "x-request-id",
        "request-id",
        "x-amzn-requestid",
        "apim-request-id",
        "x-generation-id",
        "cf-ray",
    ];
    let value = NAMES.iter().find_map(|name| headers.get(*name))?;
    value.to_str().ok().map(str::to_owned)
}
