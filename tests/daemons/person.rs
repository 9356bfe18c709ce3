//! Somebody at the hub's page.

use crate::daemons::{Site, until};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use std::fs;

pub struct Person {
    client: Client,
    api: String,
    cookie: String,
    csrf_token: String,
}

impl Person {
    /// With the password that the hub's first start has made for the name.
    pub async fn sign_in(site: &Site, name: &str) -> Self {
        let secret = site.path(&format!("gridwarden-hub/{name}-password"));
        until("the hub has made a password", || secret.exists());
        let password = fs::read_to_string(secret).unwrap();
        let client = Client::builder().no_proxy().build().unwrap();
        let api = format!("http://{}/api/v1", site.hub_address);
        let body = json!({"name": name, "password": password.trim()});
        let session = client.post(format!("{api}/session")).json(&body).send().await.unwrap();
        let cookie = session.headers()["set-cookie"].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let session: Value = session.json().await.unwrap();
        let csrf_token = session["csrf_token"].as_str().unwrap().to_owned();
        Self { client, api, cookie, csrf_token }
    }

    /// As the page calls.
    pub fn call(&self, method: Method, path: &str) -> RequestBuilder {
        let call = self.client.request(method, format!("{}{path}", self.api));
        call.header("Cookie", &self.cookie).header("X-CSRF-Token", &self.csrf_token)
    }

    pub async fn get(&self, path: &str) -> Value {
        self.call(Method::GET, path).send().await.unwrap().json().await.unwrap()
    }

    /// Decides about the case as it was shown.
    pub async fn act(&self, shown: &Value, act: Value) -> StatusCode {
        let path = format!("/cases/{}/act", shown["case_id"].as_str().unwrap());
        let call = self.call(Method::POST, &path);
        let call = call.header("If-Match", format!("\"{}\"", shown["version"])).json(&act);
        call.send().await.unwrap().status()
    }
}
