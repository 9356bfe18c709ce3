//! `index.html`: the story of a case for people, in Chinese, readable without network or scripts.
//!
//! Everything that came from outside is escaped. Times are shown in the time of the place, UTC+8.

use super::{
    MANIFEST, SIGNATURE, SUMS,
    manifest::{CaseRecord, EvidenceRecord, FRAMES_ROLE, LookRecord, Manifest},
    words::zh,
};
use crate::{
    base::time::WallTime,
    domain::{
        case::lifecycle::{Stage, State},
        verdict::Outcome,
        wire::VerifyKind,
    },
};
use serde::Serialize;
use std::{fmt::Write, time::Duration};

const STYLE: &str = "body{font:16px/1.6 sans-serif;margin:0 auto;max-width:70rem;padding:1rem;color:#1b1f24}\
h1{font-size:1.5rem}h2{font-size:1.2rem;border-bottom:1px solid #c8ccd2;margin-top:2rem}\
table{border-collapse:collapse;width:100%}td,th{border:1px solid #c8ccd2;padding:.3rem .5rem;\
text-align:left;vertical-align:top}th{background:#f2f4f7;font-weight:600;white-space:nowrap}\
.pictures{display:grid;grid-template-columns:repeat(auto-fit,minmax(20rem,1fr));gap:1rem}\
figure{margin:0}img,video{width:100%;background:#000}figcaption,code,.small{font-size:.8rem;\
overflow-wrap:anywhere}";

const UTC_PLUS_8: Duration = Duration::from_secs(8 * 3_600);

/// Text for between tags and inside quotes.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            letter => safe.push(letter),
        }
    }
    safe
}

fn local(at: WallTime) -> String {
    let text = at.plus(UTC_PLUS_8).to_string();
    text.split('.').next().unwrap_or(&text).replacen('T', " ", 1)
}

fn or_dash(text: Option<&str>) -> &str {
    text.unwrap_or("—")
}

/// The code that a value is written as.
fn code(value: impl Serialize) -> String {
    let json = serde_json::to_value(value).ok();
    json.as_ref().and_then(|json| json.as_str()).unwrap_or_default().to_owned()
}

struct Page(String);

impl Page {
    fn raw(&mut self, html: &str) {
        self.0.push_str(html);
    }

    fn heading(&mut self, text: &str) {
        // Writing to a String cannot fail, here and below.
        let _ = writeln!(self.0, "<h2>{}</h2>", escaped(text));
    }

    fn row(&mut self, name: &str, value: &str) {
        let _ = writeln!(self.0, "<tr><th>{}</th><td>{}</td></tr>", escaped(name), escaped(value));
    }

    fn cells(&mut self, tag: &str, cells: &[&str]) {
        self.raw("<tr>");
        for cell in cells {
            let _ = write!(self.0, "<{tag}>{}</{tag}>", escaped(cell));
        }
        self.raw("</tr>\n");
    }

    /// The cells of the first row name the columns.
    fn table(&mut self, names: &[&str], rows: impl Iterator<Item = Vec<String>>) {
        self.raw("<table>\n");
        self.cells("th", names);
        for row in rows {
            let row: Vec<&str> = row.iter().map(String::as_str).collect();
            self.cells("td", &row);
        }
        self.raw("</table>\n");
    }
}

pub fn render(manifest: &Manifest) -> String {
    let mut page = Page(String::new());
    page.raw("<!DOCTYPE html>\n<html lang=\"zh-CN\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    let title = format!("案件证据包 {}", manifest.case_id);
    let _ = writeln!(page.0, "<title>{}</title>\n<style>{STYLE}</style>", escaped(&title));
    let _ = writeln!(page.0, "</head>\n<body>\n<h1>{}</h1>", escaped(&title));
    for (index, record) in manifest.cases.iter().enumerate() {
        if index > 0 {
            page.heading(&format!("并入本案的案件 {}", record.case.case_id));
        }
        case(&mut page, record);
    }
    page.heading("如何核验");
    let _ = writeln!(
        page.0,
        "<p>本页只供阅读，以 {MANIFEST} 为准。{SUMS} 列出全部文件的 SHA-256，{SIGNATURE} 是对它的 Ed25519 签名。\
         核验命令：<code>gridwarden verify-package --key 公钥文件 证据包</code></p>\n\
         <p class=\"small\">签名公钥指纹 <code>{}</code>，由 {} 生成。画面均已脱敏，系统不保存未脱敏原图。</p>",
        escaped(&manifest.key_sha256),
        escaped(&manifest.made_by)
    );
    page.raw("</body>\n</html>\n");
    page.0
}

fn case(page: &mut Page, record: &CaseRecord) {
    summary(page, record);
    pictures(page, record);
    if !record.looks.is_empty() {
        page.heading("视频核查与核实");
        for look in &record.looks {
            let id = Some(look.request.request_id.to_string());
            let is_table = |one: &&EvidenceRecord| one.role == FRAMES_ROLE && one.request_id == id;
            let table = record.evidence.iter().find(is_table);
            self::look(page, look, table.and_then(|table| table.file.as_deref()));
        }
    }
    page.heading("办理经过");
    page.table(
        &["序号", "时间", "事项", "状态", "办理人", "原因", "备注"],
        record.history.iter().map(|chained| {
            let entry = &chained.entry;
            vec![
                entry.number.to_string(),
                local(entry.at),
                zh(&entry.kind).to_owned(),
                state(&entry.to),
                entry.actor.clone(),
                entry.reason.as_deref().map(zh).unwrap_or_default().to_owned(),
                entry.note.clone().unwrap_or_default(),
            ]
        }),
    );
    let _ =
        writeln!(page.0, "<p class=\"small\">审计链末端 <code>{}</code></p>", record.chain_head);
}

fn state(code: &str) -> String {
    code.parse::<State>().map_or_else(|_| code.to_owned(), |state| state.name_zh().to_owned())
}

fn stage(code: &str) -> String {
    code.parse::<Stage>().map_or_else(|_| code.to_owned(), |stage| stage.name_zh().to_owned())
}

fn summary(page: &mut Page, record: &CaseRecord) {
    let case = &record.case;
    page.raw("<table>\n");
    page.row(
        "事件",
        &format!(
            "{} {}（{} {}）",
            case.event.code, case.event.name_zh, case.event.std, case.event.version
        ),
    );
    page.row("状态", &format!("{}，{}", state(&case.state), stage(&case.stage)));
    if let Some(place) = &case.place {
        let code = place.code_3d.as_deref().unwrap_or(&place.code_2d);
        let at = format!("{:.6}, {:.6}（{}）", place.lon_deg, place.lat_deg, place.datum);
        page.row("位置", &format!("{code}；{at}，误差 {:.1} 米", place.error_metres));
    }
    if let Some(camera) = &case.camera {
        page.row("摄像机", &format!("{} / {}", camera.node, camera.id));
    }
    page.row("区域", or_dash(case.zone.as_deref()));
    page.row("首次发现", &local(case.first_seen_at));
    page.row("确认时间", &local(case.confirmed_at));
    page.row("最后发现", &local(case.last_seen_at));
    if let Some(at) = case.gone_at {
        page.row("消失时间", &local(at));
    }
    if let Some(at) = case.disposed_at {
        page.row("处置反馈", &local(at));
    }
    page.row("持续时间", &format!("{:.0} 秒", case.dwell_secs));
    page.row(
        "来源",
        &match &case.external_no {
            Some(number) => format!("{} {number}", zh(&case.source)),
            None => zh(&case.source).to_owned(),
        },
    );
    let models: Vec<String> = (record.basis.models.iter())
        .map(|model| format!("{}（{}）", model.id, model.sha256))
        .collect();
    page.row("识别模型", or_dash((!models.is_empty()).then(|| models.join("；")).as_deref()));
    let patterns: Vec<String> = (record.basis.patterns.iter())
        .map(|pattern| format!("{} 第 {} 版", pattern.id, pattern.version))
        .collect();
    page.row("识别规则", or_dash((!patterns.is_empty()).then(|| patterns.join("；")).as_deref()));
    let clocks: Vec<String> =
        record.basis.clocks.iter().map(|clock| zh(&code(clock)).to_owned()).collect();
    page.row("时钟", or_dash((!clocks.is_empty()).then(|| clocks.join("；")).as_deref()));
    page.row("标定", or_dash(record.basis.calibration_id.as_deref()));
    page.raw("</table>\n");
}

fn pictures(page: &mut Page, record: &CaseRecord) {
    // A crew takes its photographs of what it has done.
    let is_after = |picture: &&EvidenceRecord| matches!(picture.role.as_str(), "after" | "photo");
    let all = || record.evidence.iter().filter(|picture| picture.role != FRAMES_ROLE);
    let before: Vec<_> = all().filter(|picture| !is_after(picture)).collect();
    let after: Vec<_> = all().filter(is_after).collect();
    for (title, group) in [("处置前", before), ("处置后", after)] {
        page.heading(title);
        if group.is_empty() {
            page.raw("<p>没有画面</p>\n");
            continue;
        }
        page.raw("<div class=\"pictures\">\n");
        for picture in group {
            figure(page, picture);
        }
        page.raw("</div>\n");
    }
}

fn figure(page: &mut Page, picture: &EvidenceRecord) {
    let caption = format!("{}，{}", zh(&picture.role), local(picture.captured_at));
    page.raw("<figure>");
    match (&picture.file, picture.left_out) {
        (Some(file), _) if picture.media_type.starts_with("image/") => {
            let _ = write!(page.0, "<img src=\"{}\" alt=\"{}\">", escaped(file), escaped(&caption));
        }
        (Some(file), _) if picture.media_type.starts_with("video/") => {
            let _ = write!(page.0, "<video controls src=\"{}\"></video>", escaped(file));
        }
        (Some(file), _) => {
            let _ = write!(page.0, "<a href=\"{0}\">{0}</a>", escaped(file));
        }
        (None, left_out) => {
            let _ = write!(page.0, "<p>{}</p>", escaped(zh(&code(left_out))));
        }
    }
    let (caption, sha256) = (escaped(&caption), escaped(&picture.sha256));
    let _ =
        writeln!(page.0, "<figcaption>{caption}<br><code>{sha256}</code></figcaption></figure>");
}

fn look(page: &mut Page, look: &LookRecord, table: Option<&str>) {
    let request = &look.request;
    let (title, cleared, present) = match request.kind {
        VerifyKind::Precheck => ("核查（来件）", "不存在", "存在"),
        VerifyKind::Postcheck => ("核实（处置后）", "已消除", "仍在"),
    };
    page.raw("<table>\n");
    page.row(title, &format!("{} / {}，第 {} 次", look.node, request.camera, look.try_number));
    page.row("要求时段", &format!("{} 至 {}", local(request.from), local(request.to)));
    page.row("答复", &look.answered_at.map_or_else(|| "没有答复".to_owned(), local));
    if let Some(verdict) = &look.verdict {
        let outcome = match verdict.verdict {
            Outcome::Present => present,
            Outcome::Cleared => cleared,
            Outcome::Undeterminable => "无法判定",
        };
        let advice = if verdict.advisory { "（仅供参考）" } else { "" };
        page.row("结论", &format!("{outcome}{advice}"));
        let reasons: Vec<String> =
            verdict.reasons.iter().map(|reason| zh(&code(reason)).to_owned()).collect();
        page.row("理由", &reasons.join("；"));
        for one in &verdict.looks {
            let span = format!("{} 至 {}", local(one.from), local(one.to));
            let counts =
                format!("{} 帧，有效 {}，发现 {}", one.frames, one.valid_frames, one.found);
            page.row("查看", &format!("{span}：{counts}"));
        }
        let control = match (verdict.positive_control.ran, verdict.positive_control.found) {
            (false, _) => "未进行",
            (true, true) => "通过：同一模型在处置前画面中能找到",
            (true, false) => "未通过：同一模型在处置前画面中找不到",
        };
        page.row("阳性对照", control);
        if let Some(share) = verdict.fov_match {
            page.row("前后视野吻合度", &format!("{:.0} %", share * 100.0));
        }
        page.row(
            "模型与规则",
            &format!(
                "{}，{} 第 {} 版",
                verdict.model.id, verdict.pattern.id, verdict.pattern.version
            ),
        );
    }
    if let Some(measured) = &look.measured {
        let limits = &measured.thresholds;
        page.row(
            "判定阈值",
            &format!(
                "立案 {}，消除 {}，有效帧不少于 {}，至少 {} 次查看",
                limits.filing_score_min,
                limits.clearing_score_min,
                limits.valid_frames_min,
                limits.looks_min
            ),
        );
        page.row("节点时钟（答复时）", &local(measured.answered_at));
    }
    if let Some(table) = table {
        let _ = writeln!(
            page.0,
            "<tr><th>逐帧记录</th><td><a href=\"{0}\">{0}</a></td></tr>",
            escaped(table)
        );
    }
    page.raw("</table>\n");
}
