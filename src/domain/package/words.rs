//! Codes of the register in the words of staff, as the review page has them.

/// The words for a code; a code without words is shown as it is.
pub fn zh(code: &str) -> &str {
    WORDS.iter().find(|(known, _)| *known == code).map_or(code, |(_, words)| words)
}

#[rustfmt::skip]
const WORDS: &[(&str, &str)] = &[
    // entries of a history
    ("opened", "视频发现"),
    ("gone", "画面中消失"),
    ("seen_again", "再次发现"),
    ("complaint", "投诉登记"),
    ("precheck_verdict", "核查结论"),
    ("confirm", "确认立案"),
    ("reject", "不予立案"),
    ("dispatch", "派遣"),
    ("return", "退回"),
    ("accept", "签收"),
    ("suspend", "挂账"),
    ("resume", "恢复处置"),
    ("extend", "延期"),
    ("assign", "指派网格员"),
    ("feedback", "处置反馈"),
    ("postcheck_started", "开始核实"),
    ("postcheck_verdict", "核实结论"),
    ("close", "结案"),
    ("rework", "返工"),
    ("check", "核对事项完成"),
    ("uncheck", "核对事项取消"),
    ("reopen_proposed", "疑似未处置到位"),
    ("reopen", "结案回退"),
    ("overdue", "超时"),
    ("merge", "并入他案"),
    ("unmerge", "撤销并案"),
    ("took_in", "他案并入"),
    ("let_go", "他案移出"),
    ("reclassify", "改类"),
    ("undo", "撤销"),
    // reasons of verdicts
    ("found", "在足够多的有效画面中找到"),
    ("not_found", "所有有效画面中均未找到（门限低于立案门限）"),
    ("found_in_few_frames", "只在少数画面中找到，不足以认定"),
    ("found_faintly", "有所发现，但几乎都达不到立案门限"),
    ("zone_occluded", "现场被遮挡"),
    ("other_thing_there", "原处有其他物体，或旁边仍有垃圾"),
    ("being_handled", "有人正在现场处置，暂不判定"),
    ("bin_missing", "未看到应在原处的垃圾箱"),
    ("place_unchanged", "原处画面与处置前相同，虽未识别到目标"),
    ("moved_aside", "目标疑似被移到旁边，虽未识别到"),
    ("low_light", "光线比立案时画面暗，无法判定"),
    ("outside_schedule", "不在可凭“未见”判定的时段内"),
    ("model_changed", "立案后识别模型已更换"),
    ("rule_changed", "立案后识别规则已更换"),
    ("no_camera_covers_cell", "没有摄像机覆盖该网格"),
    ("camera_offline", "摄像机离线"),
    ("no_recording", "该时段没有录像"),
    ("too_few_valid_frames", "有效画面太少"),
    ("black", "画面全黑"),
    ("blurred", "画面模糊"),
    ("covered", "镜头被遮挡"),
    ("frozen", "画面静止不动"),
    ("moved", "摄像机视角已移动"),
    ("overexposed", "画面过曝"),
    ("rain_on_lens", "镜头有水滴"),
    ("positive_control_failed", "阳性对照未通过：现用模型在处置前画面中也找不到"),
    ("positive_control_missing", "没有处置前录像可做阳性对照"),
    ("model_missing", "缺少识别模型"),
    ("unknown_pattern", "未知的识别规则"),
    ("unknown_zone", "未知的区域"),
    ("not_decidable_by_video", "此类事件无法凭视频判定"),
    ("deadline_passed", "超过时限未得到结果"),
    ("photographs_only", "仅有照片，只作参考，不作证明"),
    ("photograph_unusable", "照片无法取得或无法读取"),
    // why a verdict did not decide a case
    ("pictures_missing", "缺少处置前或处置后的图片"),
    ("advisory_only", "结论仅供参考"),
    ("no_valid_frame", "没有有效画面"),
    ("found_in_a_look", "有的时段仍能找到"),
    ("footage_before_feedback", "录像早于反馈时间"),
    ("seen_after_the_look", "查看之后又被发现"),
    ("reasons_against_it", "结论为已消除，但附有不可采信的理由"),
    ("mostly_hindered", "可见画面中受干扰的多于有效的"),
    ("cleared_once", "首次查看未发现，间隔后再次查看确认"),
    ("still_seen_elsewhere", "其他摄像机仍能看到"),
    // why it is with whom
    ("in_area", "位置在其责任网格内"),
    ("nearest_area", "责任网格最近"),
    ("by_person", "由派遣员指派"),
    ("no_staff", "没有设责任区的网格员"),
    ("no_place", "案件没有位置"),
    // reasons of people
    ("light_or_reflection", "光影反光"),
    ("rain_snow_fog", "雨雪雾"),
    ("passing_or_brief_stop", "行人车辆临停"),
    ("sanitation_at_work", "环卫作业中"),
    ("within_permit", "许可范围内"),
    ("wrong_object", "目标识别错"),
    ("wrong_zone", "区域标定错"),
    ("duplicate", "重复"),
    ("picture_fault", "画面异常"),
    ("cannot_tell", "无法看清"),
    ("privacy", "隐私"),
    ("outside_jurisdiction", "非管辖"),
    ("already_gone", "已消除"),
    ("licensed", "权限许可"),
    ("insufficient_evidence", "证据不足"),
    ("not_cleared", "未清理"),
    ("partly_cleared", "清理不彻底"),
    ("wrong_place", "位置不符"),
    ("came_back", "反弹"),
    ("not_our_duty", "非本单位职责"),
    ("outside_our_area", "不在管辖范围"),
    ("facts_unclear", "案情或位置不清"),
    ("needs_coordination", "需多部门协调"),
    ("needs_works", "需工程施工"),
    ("needs_procedure", "需履行法定程序"),
    ("weather", "天气原因"),
    // clocks that run out
    ("review", "复核时限"),
    ("disposal", "处置时限"),
    ("postcheck", "核实时限"),
    ("total", "总时限"),
    ("seen_cleared_on_site", "现场查看已清理"),
    ("seen_cleared_in_pictures", "图片显示已清理"),
    ("handled_elsewhere", "已由其他渠道处理"),
    // roles of files
    ("snapshot", "原始画面"),
    ("annotated", "标注画面"),
    ("clip", "录像片段"),
    ("before", "处置前"),
    ("after", "处置后"),
    ("photo", "处置单位照片"),
    // files that are not in the package
    ("not_masked", "未脱敏，不提供"),
    ("not_held", "未收齐"),
    ("damaged", "文件损坏"),
    // clocks
    ("sender", "以摄像机时钟为准"),
    ("arrival", "以到达边缘节点的时刻为准"),
    ("assigned", "回放时指定"),
    // sources
    ("video", "视频"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{case::lifecycle::EventKind, case::reason_codes};

    #[test]
    fn every_kind_of_entry_and_every_reason_of_people_has_words() {
        let kinds = EventKind::ALL.iter().map(|kind| kind.as_str());
        let reasons = [
            reason_codes::FALSE_ALARM,
            reason_codes::NOT_FILED,
            reason_codes::REWORK,
            reason_codes::CLOSE,
            reason_codes::RETURN,
            reason_codes::WAITS,
        ];
        for code in kinds.chain(reasons.concat()) {
            assert_ne!(zh(code), code);
        }
        assert_eq!(zh("something_new"), "something_new");
    }

    /// The page names every reason of a verdict and of the hub; a package says the same of each.
    #[test]
    fn reasons_of_verdicts_have_the_words_of_the_page() {
        let page = include_str!("../../../console/src/i18n/zh-CN.ts");
        for (group, at_least) in [("verdictReason", 30), ("hubReason", 10), ("assignedWhy", 5)] {
            let (_, listed) = page.split_once(&format!("{group}: {{")).unwrap();
            let (listed, _) = listed.split_once("\n  },").unwrap();
            let entries = listed.lines().filter_map(|line| line.trim().split_once(": '"));
            let mut named = 0;
            for (code, words) in entries {
                assert_eq!(zh(code), words.trim_end_matches("',"), "{code}");
                named += 1;
            }
            assert!(named >= at_least, "{named} of {group}");
        }
    }
}
