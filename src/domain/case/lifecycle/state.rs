//! Where a case stands: its state, the step of seven that it is at, and the side of filing it is on.

use crate::domain::case::named::named;

named! {
    /// Where a case stands.
    State {
        PendingReview = "PENDING_REVIEW",
        Prechecking = "PRECHECKING",
        Filed = "FILED",
        Dispatched = "DISPATCHED",
        Handling = "HANDLING",
        Suspended = "SUSPENDED",
        Disposed = "DISPOSED",
        Postchecking = "POSTCHECKING",
        Manual = "MANUAL",
        Rework = "REWORK",
        Closed = "CLOSED",
        Rejected = "REJECTED",
        Vanished = "VANISHED",
        Merged = "MERGED",
    }
}

named! {
    /// The seven steps of the closed loop (信息收集 ... 综合评价).
    Stage {
        Collection = "collection",
        Filing = "filing",
        Dispatch = "dispatch",
        Handling = "handling",
        Feedback = "feedback",
        Verification = "verification",
        Evaluation = "evaluation",
    }
}

named! {
    /// Which side of filing a case is on; tells the two meanings of MANUAL apart.
    Phase {
        BeforeFiling = "before_filing",
        AfterFiling = "after_filing",
    }
}

impl State {
    pub fn name_zh(self) -> &'static str {
        match self {
            Self::PendingReview => "待复核",
            Self::Prechecking => "视频核查中",
            Self::Filed => "已立案",
            Self::Dispatched => "已派遣",
            Self::Handling => "处置中",
            Self::Suspended => "挂账",
            Self::Disposed => "已反馈待核实",
            Self::Postchecking => "视频核实中",
            Self::Manual => "无法判定·转人工",
            Self::Rework => "返工",
            Self::Closed => "已结案",
            Self::Rejected => "不予立案",
            Self::Vanished => "自行消除",
            Self::Merged => "并案",
        }
    }

    pub fn stage(self, phase: Phase) -> Stage {
        match (self, phase) {
            (Self::PendingReview | Self::Prechecking | Self::Rejected | Self::Vanished, _) => {
                Stage::Collection
            }
            (Self::Manual | Self::Merged, Phase::BeforeFiling) => Stage::Collection,
            (Self::Filed, _) | (Self::Merged, Phase::AfterFiling) => Stage::Filing,
            (Self::Dispatched, _) => Stage::Dispatch,
            (Self::Handling | Self::Suspended | Self::Rework, _) => Stage::Handling,
            (Self::Disposed, _) => Stage::Feedback,
            (Self::Postchecking | Self::Closed, _) => Stage::Verification,
            (Self::Manual, Phase::AfterFiling) => Stage::Verification,
        }
    }

    /// Nothing more is expected of anyone.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Closed | Self::Rejected | Self::Vanished | Self::Merged)
    }
}

impl Stage {
    pub fn name_zh(self) -> &'static str {
        match self {
            Self::Collection => "信息收集",
            Self::Filing => "案卷建立",
            Self::Dispatch => "任务派遣",
            Self::Handling => "任务处理",
            Self::Feedback => "处理反馈",
            Self::Verification => "核实结案",
            Self::Evaluation => "综合评价",
        }
    }
}
