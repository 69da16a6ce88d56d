//! A real Chromium, driven over WebDriver, and the widget in it.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use fantoccini::elements::Element;
use fantoccini::key::Key;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

use crate::kept::{Kept, keeping};
use crate::server::Server;
use crate::wait::until;

const CHROMIUM: &str = "/usr/bin/chromium";
const CHROMEDRIVER: &str = "/usr/bin/chromedriver";
const STARTED: &str = "ChromeDriver was started successfully on port ";
/// axe-core, the accessibility checker of Deque Systems; its licence lies beside it.
const AXE: &str = include_str!("vendor/axe.min.js");
/// axe reads every element's colours: seconds on a busy machine.
const SCRIPT_WITHIN: Duration = Duration::from_secs(60);
const FLAGS: [&str; 9] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    // The browser ends when its driver does, however that ends.
    "--remote-debugging-pipe",
    // A page that no eye sees would be slowed down.
    "--disable-renderer-backgrounding",
];

/// What the page is shown on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// 1280 x 900.
    Desktop,
    /// The same, by night.
    DarkDesktop,
    /// 768 x 1024: a narrow window.
    Narrow,
    /// 390 x 844, touched by fingers.
    Phone,
}

impl Screen {
    fn options(self, profile: &Path) -> Value {
        let mut flags: Vec<String> = FLAGS.iter().map(ToString::to_string).collect();
        flags.push(format!("--user-data-dir={}", profile.display()));
        flags.push(if self == Screen::Narrow { "--window-size=768,1024" } else { "--window-size=1280,900" }.to_owned());
        if self == Screen::DarkDesktop {
            flags.push("--blink-settings=preferredColorScheme=0".to_owned());
        }
        let mut options = json!({ "binary": CHROMIUM, "args": flags });
        if self == Screen::Phone {
            options["mobileEmulation"] =
                json!({ "deviceMetrics": { "width": 390, "height": 844, "pixelRatio": 2, "touch": true, "mobile": true } });
        }
        options
    }
}

/// Where the device is, as the browser tells a page that asks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Position {
    /// Its owner allows it: degrees north and east.
    At(f64, f64),
    /// Its owner says no.
    Denied,
    /// Its owner allows it, and it does not know.
    Unavailable,
}

/// A command of the DevTools protocol, by way of the driver.
#[derive(Debug)]
struct DevTools(Value);

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base_url: &Url, session_id: Option<&str>) -> Result<Url, url::ParseError> {
        base_url.join(&format!("session/{}/goog/cdp/execute", session_id.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.0.to_string()))
    }
}

/// A browser window with a page on it.
pub struct Browser {
    client: Client,
    // In this order: the browser ends, then its folder goes.
    _driver: Kept,
    _profile: TempDir,
}

impl Browser {
    /// Opens the public page of a server.
    ///
    /// # Panics
    /// Chromium or its driver is missing or does not start: the tests need them, and are not skipped without them.
    pub async fn visit(server: &Server, screen: Screen) -> Browser {
        Browser::visit_at(server, "/", screen).await
    }

    /// Opens another page of a server, such as `/console`.
    ///
    /// # Panics
    /// As [`Browser::visit`].
    pub async fn visit_at(server: &Server, path: &str, screen: Screen) -> Browser {
        match Browser::start(screen).await {
            Ok(browser) => {
                browser.client.goto(&server.url(path)).await.expect("the page opens");
                browser
            }
            Err(error) => panic!("Chromium, which the tests need, did not start: {error:#}"),
        }
    }

    async fn start(screen: Screen) -> Result<Browser> {
        for program in [CHROMIUM, CHROMEDRIVER] {
            ensure!(Path::new(program).exists(), "no {program}; try: apt-get install chromium chromium-driver");
        }
        let profile = TempDir::new().context("making a folder for the profile")?;
        let mut driver = Kept::start(keeping(profile.path(), Path::new(CHROMEDRIVER)).arg("--port=0").stderr(Stdio::null()))?;
        let port: u16 = driver.read_until(|line| line.strip_prefix(STARTED)?.trim_end_matches('.').parse().ok()).context("chromedriver")?;
        let mut capabilities = fantoccini::wd::Capabilities::new();
        capabilities.insert("goog:chromeOptions".to_owned(), screen.options(profile.path()));
        let script_ms = u64::try_from(SCRIPT_WITHIN.as_millis())?;
        capabilities.insert("timeouts".to_owned(), json!({ "script": script_ms }));
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .context("opening a session")?;
        Ok(Browser { client, _driver: driver, _profile: profile })
    }

    /// Closes the window.
    ///
    /// # Panics
    /// The browser is gone already.
    pub async fn close(self) {
        self.client.clone().close().await.expect("the browser closes");
    }

    /// Loads the page again.
    ///
    /// # Panics
    /// The browser refuses.
    pub async fn reload(&self) {
        self.client.refresh().await.expect("the page loads again");
    }

    /// Evaluates the body of a function; `root` is the widget's shadow root.
    ///
    /// # Panics
    /// It throws.
    pub async fn look(&self, script: &str) -> Value {
        let script = format!("const root = document.querySelector('hotro-widget')?.shadowRoot; {script}");
        self.client.execute(&script, Vec::new()).await.expect("the script runs")
    }

    /// The visible texts of all elements of the widget that match, in order.
    ///
    /// # Panics
    /// The widget is not there.
    pub async fn texts(&self, selector: &str) -> Vec<String> {
        let script = format!("return [...root.querySelectorAll({})].map((node) => node.innerText.trim());", json!(selector));
        serde_json::from_value(self.look(&script).await).expect("a list of texts")
    }

    /// Waits until a condition in JavaScript holds. `what` names it.
    ///
    /// # Panics
    /// It does not come in time.
    pub async fn wait(&self, what: &str, condition: &str) {
        let script = format!("return !!({condition});");
        until(what, async || (self.look(&script).await == true).then_some(())).await;
    }

    /// Clicks on, or touches, an element of the widget as soon as that is possible.
    ///
    /// # Panics
    /// It does not appear in time.
    pub async fn click(&self, selector: &str) {
        until(&format!("{selector} can be clicked"), async || self.find(selector).await?.click().await.ok()).await;
    }

    /// Types into the focused element, wherever that is.
    ///
    /// # Panics
    /// The browser refuses.
    pub async fn press(&self, keys: &str) {
        let element = until("something has the focus", async || self.focused().await).await;
        element.send_keys(keys).await.expect("the keys are taken");
    }

    /// Types a message into the field and sends it by Enter.
    ///
    /// # Panics
    /// There is no field.
    pub async fn say(&self, text: &str) {
        let field = until("the field is there", async || self.find("#field").await).await;
        field.send_keys(&format!("{text}{}", char::from(Key::Enter))).await.expect("the keys are taken");
    }

    /// Is signed in at the console by the cookie of a session.
    ///
    /// # Panics
    /// The browser refuses.
    pub async fn sign_in(&self, cookie: &str) {
        // WebDriver sets no cookie for an address without a name.
        self.look(&format!("document.cookie = {};", json!(format!("{cookie}; path=/")))).await;
        self.reload().await;
    }

    /// Keeps a picture of what is seen as `NAME.png` in the folder that the variable `HOTRO_TEST_PICTURES` names, for people to look at;
    /// without it does nothing.
    ///
    /// # Panics
    /// The picture cannot be taken or written.
    pub async fn keep_picture(&self, name: &str) {
        let Some(folder) = std::env::var_os("HOTRO_TEST_PICTURES") else { return };
        let picture = self.client.screenshot().await.expect("a picture");
        std::fs::write(std::path::Path::new(&folder).join(format!("{name}.png")), picture).expect("it is written");
    }

    /// What the page is told when it asks where the device is.
    ///
    /// # Panics
    /// The browser refuses.
    pub async fn set_position(&self, position: Position) {
        let origin = self.look("return location.origin;").await;
        let setting = if position == Position::Denied { "denied" } else { "granted" };
        self.devtools("Browser.setPermission", json!({ "permission": { "name": "geolocation" }, "setting": setting, "origin": origin }))
            .await;
        let position = match position {
            Position::At(latitude, longitude) => json!({ "latitude": latitude, "longitude": longitude, "accuracy": 20 }),
            Position::Denied | Position::Unavailable => json!({}),
        };
        self.devtools("Emulation.setGeolocationOverride", position).await;
    }

    /// From now on the device shows everything by night.
    ///
    /// # Panics
    /// The browser refuses.
    pub async fn at_night(&self) {
        let dark = json!({ "features": [{ "name": "prefers-color-scheme", "value": "dark" }] });
        self.devtools("Emulation.setEmulatedMedia", dark).await;
    }

    async fn devtools(&self, command: &str, parameters: Value) {
        let command = DevTools(json!({ "cmd": command, "params": parameters }));
        self.client.issue_cmd(command).await.expect("the browser obeys");
    }

    /// Violations that axe finds on the page and in the widget, one line each; empty when there is none.
    ///
    /// # Panics
    /// axe does not run.
    pub async fn accessibility_violations(&self) -> Vec<String> {
        self.client.execute(AXE, Vec::new()).await.expect("axe loads");
        // What is still fading in has not its colours yet. What never ends (the dots of somebody typing) is not waited for.
        let run = "const done = arguments[0]; \
            const trees = [document, document.querySelector('hotro-widget')?.shadowRoot].filter(Boolean); \
            const ends = trees.flatMap((tree) => tree.getAnimations()).filter((one) => one.effect?.getComputedTiming().endTime < 10000); \
            Promise.all(ends.map((one) => one.finished.catch(() => null))).then(() => \
            axe.run(document, { resultTypes: ['violations'] })).then((found) => done(found.violations), (error) => done(String(error)));";
        let found = self.client.execute_async(run, Vec::new()).await.expect("axe runs");
        let violations = found.as_array().unwrap_or_else(|| panic!("axe: {found}"));
        violations.iter().map(|violation| format!("{}: {} {}", violation["id"], violation["help"], violation["nodes"])).collect()
    }

    /// A picture of what is seen, as PNG.
    ///
    /// # Panics
    /// The browser refuses.
    pub async fn picture(&self) -> Vec<u8> {
        self.client.screenshot().await.expect("a picture is taken")
    }

    /// Goes to another page.
    ///
    /// # Panics
    /// The browser refuses.
    pub async fn go(&self, url: &str) {
        self.client.goto(url).await.expect("the page opens");
    }

    /// Looks at the window that the page has opened, as soon as it is there.
    ///
    /// # Panics
    /// It does not open in time.
    pub async fn other_window(&self) {
        let here = self.client.window().await.expect("a window");
        let other = until("another window opens", async || self.client.windows().await.ok()?.into_iter().find(|window| *window != here));
        self.client.switch_to_window(other.await).await.expect("it is there");
    }

    async fn find(&self, selector: &str) -> Option<Element> {
        let host = self.client.find(Locator::Css("hotro-widget")).await.ok()?;
        host.shadow_root().await.ok()?.find(Locator::Css(selector)).await.ok()
    }

    /// The focused element, inside the widget if the focus is there.
    async fn focused(&self) -> Option<Element> {
        let script = "let at = document.activeElement; while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement; return at;";
        let found = self.client.execute(script, Vec::new()).await.ok()?;
        let reference = found.as_object()?.values().next()?.as_str()?.to_owned();
        Some(Element::from_element_id(self.client.clone(), reference.into()))
    }
}
