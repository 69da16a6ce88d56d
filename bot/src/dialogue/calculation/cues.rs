//! Which words name an input.

use knowledge::{Phrases, phrases};

use crate::calculator::{Calculator, Slot};

/// Words that name an input.
pub(super) struct Cues {
    pub(super) before: &'static Phrases,
    pub(super) after: &'static Phrases,
    pub(super) not_before: &'static Phrases,
    pub(super) not_after: &'static Phrases,
    /// Taken without being named.
    pub(super) alone: bool,
}

/// The words that name an input of a calculation.
pub(super) fn cues(calculator: Calculator, slot: Slot) -> Cues {
    let nothing = phrases![];
    let none = Cues { before: nothing, after: nothing, not_before: nothing, not_after: nothing, alone: false };
    let paid = phrases!["đóng", "tham gia", "bhxh", "bhtn", "công tác", "làm", "quá trình", "được", "tổng"];
    match slot {
        Slot::Salary => Cues {
            before: phrases!["lương", "mức đóng", "bình quân", "trung bình", "tb", "thu nhập", "mức"],
            not_before: phrases!["hỗ trợ", "phụ cấp", "thưởng", "ứng trước", "trần"],
            alone: true,
            ..none
        },
        Slot::Income => Cues {
            before: phrases!["thu nhập", "mức", "chọn", "lương"],
            not_before: phrases!["hỗ trợ"],
            not_after: phrases!["mỗi tháng đóng"],
            alone: true,
            ..none
        },
        Slot::Months => Cues {
            before: paid,
            after: phrases!["đóng", "bhxh", "tham gia", "bảo hiểm"],
            not_before: phrases!["nghỉ", "hưởng", "thiếu", "trước", "sau", "đủ", "cần"],
            not_after: phrases!["tuổi", "gần nhất", "cuối", "liền kề", "trước khi", "trước sinh", "nữa", "không đóng", "rồi không"],
            alone: matches!(calculator, Calculator::LumpSum | Calculator::Unemployment | Calculator::Pension),
        },
        Slot::MonthsInYear => Cues {
            before: phrases!["đóng", "tham gia", "bhxh", "được"],
            after: phrases!["đóng"],
            not_before: phrases!["nghỉ", "hưởng", "thai"],
            not_after: phrases!["gần nhất", "cuối", "tuổi"],
            ..none
        },
        Slot::LastMonth => {
            Cues {
                before: phrases!["nghỉ", "đến", "tới", "ngừng", "dừng", "cuối", "chốt", "hết"], not_before: phrases!["sinh"], ..none
            }
        }
        Slot::StopDate => Cues {
            before: phrases!["nghỉ", "thôi việc", "chấm dứt", "hết hợp đồng", "nghỉ việc", "thất nghiệp từ", "mất việc"],
            not_before: phrases!["sinh", "nộp"],
            alone: true,
            ..none
        },
        Slot::ApplyDate => Cues { before: phrases!["nộp"], ..none },
        Slot::ChildBirth => Cues {
            before: phrases!["sinh", "đẻ", "dự sinh", "dự kiến", "sinh con", "sinh bé"],
            not_before: phrases!["nghỉ từ", "đóng từ", "làm từ"],
            alone: true,
            ..none
        },
        Slot::LeaveStart => Cues { before: phrases!["nghỉ từ", "nghỉ thai sản từ", "bắt đầu nghỉ"], ..none },
        Slot::Birth => Cues {
            before: phrases!["sinh", "sn", "sinh năm", "sinh ngày"],
            not_before: phrases!["đóng từ", "làm từ", "từ", "nghỉ"],
            alone: calculator == Calculator::RetirementDate,
            ..none
        },
        Slot::RetireOn => Cues { before: phrases!["nghỉ hưu vào", "về hưu vào", "nghỉ hưu từ", "nghỉ vào"], ..none },
        Slot::Days => {
            Cues {
                before: phrases!["nghỉ", "ốm", "nằm viện", "điều trị", "được"], after: phrases!["ốm", "nghỉ"], alone: true, ..none
            }
        }
        Slot::DaysTaken => Cues { before: phrases!["đã nghỉ", "nghỉ rồi"], after: phrases!["trước đó", "rồi"], ..none },
        Slot::ChildAge => Cues { before: phrases!["con", "bé", "cháu"], alone: true, ..none },
        Slot::PregnancyWeeks => Cues { alone: true, ..none },
        Slot::Children => Cues { before: phrases!["sinh"], after: phrases!["bé", "con một lúc"], ..none },
        Slot::Members => Cues {
            before: phrases!["nhà", "hộ", "gia đình", "mua cho", "gồm", "có"],
            after: phrases!["người", "khẩu", "thành viên", "nhân khẩu"],
            not_after: phrases!["học sinh", "sinh viên", "cháu", "năm", "tháng"],
            ..none
        },
        Slot::Students => Cues { after: phrases!["học sinh", "sinh viên", "cháu đi học", "con đi học", "bé đi học"], ..none },
        Slot::MissingMonths => Cues { before: phrases!["thiếu"], alone: false, ..none },
        Slot::SupportUsed => Cues { before: phrases!["đã được hỗ trợ", "hỗ trợ được"], ..none },
        Slot::StateSupport => Cues { before: phrases!["nhà nước hỗ trợ", "được hỗ trợ"], ..none },
        Slot::Bill => Cues {
            before: phrases!["viện phí", "hóa đơn", "chi phí", "hết", "tổng", "tiền viện", "tiền khám", "tiền thuốc", "mổ"],
            not_before: phrases!["cùng chi trả", "ngoài danh mục", "ngoài phạm vi", "dịch vụ"],
            alone: true,
            ..none
        },
        Slot::BillOutside => Cues { before: phrases!["ngoài danh mục", "ngoài phạm vi", "dịch vụ", "không thuộc"], ..none },
        Slot::CoPaid => Cues { before: phrases!["cùng chi trả", "đồng chi trả"], not_before: before_change(), ..none },
        Slot::CoPaidBefore => Cues { before: before_change(), ..none },
        Slot::StartDate => Cues { before: phrases!["bắt đầu", "từ", "ngày", "mua", "đóng từ"], ..none },
        Slot::VisitDate => Cues { before: phrases!["khám", "nhập viện", "vào viện", "ra viện", "ngày"], ..none },
        _ => none,
    }
}

/// Before the base salary changed within the year.
fn before_change() -> &'static Phrases {
    phrases!["nửa đầu năm", "trước khi đổi lương", "trước khi tăng lương", "trước ngày đổi lương", "trước ngày tăng lương"]
}
