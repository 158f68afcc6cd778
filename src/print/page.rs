//! The page: opened at the size of the sheet, waited for until it says that it is drawn, and printed.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::browser::Browser;
use super::{CSS_DPI, Format, INCH_MM, Sheet};

/// How often the page is asked whether it is ready.
const LOOK: Duration = Duration::from_millis(100);

/// What the page is asked: docs/PRINT.md tells pages how to answer.
const IS_READY: &str = "(() => { \
    const { printReady, printFailed } = document.documentElement?.dataset ?? {}; \
    const [opened] = performance.getEntriesByType('navigation'); \
    return { ready: printReady === 'yes', failed: printFailed ?? null, status: opened?.responseStatus ?? 0 }; \
})()";

/// Letters that a page may say about why it cannot be printed.
const WHY: usize = 500;

/// What went wrong with a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageFault {
    /// It was not ready in time.
    TimedOut,
    /// It says that it cannot be printed.
    Page(String),
    /// The browser failed.
    Browser(String),
}

/// Prints a sheet.
pub(super) fn print(browser: &mut Browser, base: &str, sheet: &Sheet) -> Result<Vec<u8>, PageFault> {
    let page = open(browser, base, sheet)?;
    let (width_mm, height_mm) = sheet.size_mm();
    let printed = match sheet.format {
        Format::Pdf => browser.ask(
            Some(&page),
            "Page.printToPDF",
            &json!({
                "paperWidth": width_mm / INCH_MM, "paperHeight": height_mm / INCH_MM,
                "marginTop": 0, "marginBottom": 0, "marginLeft": 0, "marginRight": 0,
                "printBackground": true, "preferCSSPageSize": false, "generateTaggedPDF": true,
            }),
        )?,
        Format::Png => browser.ask(Some(&page), "Page.captureScreenshot", &json!({ "format": "png" }))?,
    };
    let data = printed["data"].as_str().unwrap_or_default();
    STANDARD.decode(data).map_err(|error| PageFault::Browser(format!("what it printed cannot be read: {error}")))
}

/// Opens the page and waits until it is ready; returns the name by which the browser knows it.
fn open(browser: &mut Browser, base: &str, sheet: &Sheet) -> Result<String, PageFault> {
    let text = |value: &Value, member: &str| value[member].as_str().unwrap_or_default().to_owned();
    let target = browser.ask(None, "Target.createTarget", &json!({ "url": "about:blank" }))?;
    let target = text(&target, "targetId");
    let attached = browser.ask(None, "Target.attachToTarget", &json!({ "targetId": target, "flatten": true }))?;
    let page = text(&attached, "sessionId");
    for domain in ["Page.enable", "Inspector.enable"] {
        browser.ask(Some(&page), domain, &json!({}))?;
    }
    let (width_mm, height_mm) = sheet.size_mm();
    let pixels = |mm: f64| (mm / INCH_MM * CSS_DPI).round() as u32;
    let size = json!({
        "width": pixels(width_mm), "height": pixels(height_mm),
        "deviceScaleFactor": f64::from(sheet.dpi) / CSS_DPI, "mobile": false,
    });
    browser.ask(Some(&page), "Emulation.setDeviceMetricsOverride", &size)?;
    // A token stands in no address and no command line: it is handed to pages of this server alone.
    let given = json!({ "token": sheet.token.as_ref().map(|token| &token.0), "state": sheet.state });
    let hand_over = format!(
        "if (location.origin === {}) Object.defineProperty(globalThis, 'platbookPrint', {{ value: Object.freeze({given}) }});",
        json!(base)
    );
    browser.ask(Some(&page), "Page.addScriptToEvaluateOnNewDocument", &json!({ "source": hand_over }))?;
    let went = browser.ask(Some(&page), "Page.navigate", &json!({ "url": format!("{base}{}", sheet.page) }))?;
    if let Some(why) = went["errorText"].as_str() {
        return Err(PageFault::Page(format!("it cannot be opened: {why}")));
    }
    until_ready(browser, &page)?;
    Ok(page)
}

fn until_ready(browser: &mut Browser, page: &str) -> Result<(), PageFault> {
    let question = json!({ "expression": IS_READY, "returnByValue": true });
    loop {
        let told = browser.ask(Some(page), "Runtime.evaluate", &question)?;
        let told = &told["result"]["value"];
        if let Some(why) = told["failed"].as_str() {
            return Err(PageFault::Page(why.chars().take(WHY).collect()));
        }
        if told["status"].as_u64().is_some_and(|status| status >= 400) {
            return Err(PageFault::Page(format!("it answers {}", told["status"])));
        }
        if told["ready"] == true {
            return Ok(());
        }
        browser.pause(LOOK)?;
    }
}
