//! Spans for a collector: `make traces` builds the program with them and runs these tests.

#[cfg(not(feature = "opentelemetry"))]
#[test]
fn a_program_without_traces_says_so() {
    let folder = tempfile::TempDir::new().unwrap();
    let variables = [("HOTRO_LISTEN", "127.0.0.1:0"), ("HOTRO_TRACES_ENDPOINT", "http://127.0.0.1:4318")];
    let said = harness::server::run_with(folder.path(), &["serve"], &variables, b"").unwrap();
    assert_eq!(said.code, Some(1), "{}", said.stderr);
    assert!(said.stderr.contains("traces.endpoint") && said.stderr.contains("--features opentelemetry"), "{}", said.stderr);
}

#[cfg(feature = "opentelemetry")]
mod with {
    use std::sync::{Arc, Mutex};

    use axum::Router;
    use axum::body::Bytes;
    use axum::routing::post;
    use harness::server::Options;
    use harness::telegram::{TOKEN, Telegram};
    use uuid::Uuid;

    /// A collector that keeps what it is sent.
    async fn collector() -> (String, Arc<Mutex<Vec<u8>>>) {
        let got: Arc<Mutex<Vec<u8>>> = Arc::default();
        let kept = got.clone();
        let take = move |body: Bytes| async move { kept.lock().unwrap().extend_from_slice(&body) };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, Router::new().route("/v1/traces", post(take))).await });
        (format!("http://{address}"), got)
    }

    fn has(bytes: &[u8], text: &str) -> bool {
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_turn_is_seen_from_the_request_to_the_disk_and_nothing_that_was_said() {
        let (endpoint, got) = collector().await;
        let telegram = Telegram::start().await.unwrap();
        let mut server = Options::new()
            .variable("HOTRO_TRACES_ENDPOINT", &endpoint)
            .variable("TELEGRAM_BOT_TOKEN", TOKEN)
            .variable("HOTRO_TELEGRAM_API_URL", telegram.url())
            .start()
            .await;
        let citizen = server.citizen().await;
        let text = "tôi là Nguyễn Văn Thử, số 0412345678, quên mật khẩu vssid";
        let body = serde_json::json!({ "client_id": Uuid::now_v7(), "text": text });
        assert!(citizen.post_message().json(&body).send().await.unwrap().status().is_success());
        telegram.citizen(990_001_234).says(text);
        telegram.replies(990_001_234, 1).await;
        server.stop();
        let got = got.lock().unwrap().clone();
        for name in ["request", "turn", "decide", "append", "telegram update", "telegram call", "hotro", citizen.id.as_str()] {
            assert!(has(&got, name), "no span with {name}");
        }
        for secret in ["Nguyễn", "0412345678", "mật khẩu", "990001234", TOKEN, citizen.token.as_str()] {
            assert!(!has(&got, secret), "{secret} is in a span");
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_collector_that_is_gone_holds_nothing_up() {
        let mut server = Options::new().variable("HOTRO_TRACES_ENDPOINT", "http://127.0.0.1:9").start().await;
        let citizen = server.citizen().await;
        let body = serde_json::json!({ "client_id": Uuid::now_v7(), "text": "quên mật khẩu vssid" });
        assert!(citizen.post_message().json(&body).send().await.unwrap().status().is_success());
        server.stop();
    }
}
