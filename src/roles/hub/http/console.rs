//! The review page's files. With the feature `console` they are in the binary.

use super::problem::Problem;
use axum::{
    http::{Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};

#[cfg(feature = "console")]
#[derive(rust_embed::RustEmbed)]
#[folder = "console/dist"]
struct Files;

#[cfg(feature = "console")]
fn file(path: &str) -> Option<std::borrow::Cow<'static, [u8]>> {
    Files::get(path).map(|file| file.data)
}

/// Without the page: how to get it.
#[cfg(not(feature = "console"))]
fn file(path: &str) -> Option<std::borrow::Cow<'static, [u8]>> {
    const HOW_TO: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
        <title>gridwarden</title><h1>gridwarden hub</h1>\
        <p>This binary was built without the review page. Build it with \
        <code>make console</code>, then <code>cargo build --features console</code>.</p>\
        <p>本程序未包含复核页面。请先运行 <code>make console</code>。</p>\
        <p><a href=\"/api/openapi.json\">/api/openapi.json</a></p></html>";
    (path == "index.html").then_some(HOW_TO.as_bytes().into())
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json" | "map" | "geojson") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("wasm") => "application/wasm",
        Some("webmanifest") => "application/manifest+json",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// Everything that is no route: a file of the page, or the page itself for its own addresses.
pub async fn serve(method: Method, uri: Uri) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path == "api" || path.starts_with("api/") {
        return Problem::not_found("resource").into_response();
    }
    if !matches!(method, Method::GET | Method::HEAD) {
        return Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method", "only GET and HEAD")
            .into_response();
    }
    // An address without an extension is a view of the page; a missing file is a missing file.
    let wanted = if path.is_empty() || !path.contains('.') { "index.html" } else { path };
    let Some(data) = file(wanted) else { return Problem::not_found("file").into_response() };
    // The build names its assets by content, so they never change.
    let cache = if wanted.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let headers = [(header::CONTENT_TYPE, media_type(wanted)), (header::CACHE_CONTROL, cache)];
    (headers, data.into_owned()).into_response()
}
