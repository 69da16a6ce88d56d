//! Sentences of the desk's API for the people at the console.

use super::queue::Refusal;

/// No session, or one that is over.
pub(super) const SIGNED_OUT: &str = "Bạn chưa đăng nhập, hoặc phiên làm việc đã hết. Vui lòng đăng nhập lại.";
/// An unknown name or a wrong password.
pub(super) const WRONG_CREDENTIALS: &str = "Tên đăng nhập hoặc mật khẩu chưa đúng.";
/// The password is right and not enough.
pub(super) const SECOND_FACTOR_NEEDED: &str = "Vui lòng nhập mã 6 số trên ứng dụng xác thực, hoặc một mã khôi phục.";
/// The code is wrong, over, or was used before.
pub(super) const WRONG_CODE: &str = "Mã chưa đúng, đã hết hạn hoặc đã được dùng. Vui lòng chờ mã mới rồi nhập lại.";
/// The invitation is unknown, used or over.
pub(super) const INVITATION_CLOSED: &str = "Liên kết mời không còn dùng được. Vui lòng xin giám sát viên liên kết mới.";
/// The role needs a second factor.
pub(super) const SECOND_FACTOR_REQUIRED: &str = "Giám sát viên cần thiết lập xác thực hai lớp trước khi tiếp tục.";
/// The role does not allow it.
pub(super) const ROLE_REFUSED: &str = "Tài khoản của bạn không có quyền làm việc này.";
/// The request came from another page.
pub(super) const FORBIDDEN_ORIGIN: &str = "Yêu cầu không đến từ trang tổng đài nên đã bị từ chối.";
/// The body is not declared as JSON.
pub(super) const NOT_JSON: &str = "Yêu cầu gửi lên phải ở dạng JSON.";
/// The body is no JSON, or misses a field.
pub(super) const BAD_JSON: &str = "Yêu cầu gửi lên không đọc được.";
/// The body is too long.
pub(super) const TOO_LARGE: &str = "Yêu cầu gửi lên dài quá.";
/// No such address, or nothing there.
pub(super) const NOT_FOUND: &str = "Không tìm thấy.";
/// Somebody has that name.
pub(super) const NAME_TAKEN: &str = "Tên đăng nhập này đã có người dùng.";
/// No more operators fit.
pub(super) const ROSTER_FULL: &str = "Danh sách tổng đài viên đã đầy.";
/// One's own role or access.
pub(super) const ONE_SELF: &str = "Bạn không thể tự đổi vai trò hoặc tự khóa tài khoản của mình.";
/// For a short while.
pub(super) const UNAVAILABLE: &str = "Hệ thống đang bận. Vui lòng thử lại sau ít giây.";
/// Our fault.
pub(super) const INTERNAL: &str = "Hệ thống gặp lỗi và chưa làm được việc này. Vui lòng thử lại.";

/// Nobody is verified in the conversation.
pub(super) const NOT_VERIFIED: &str = "Người dân chưa xác minh, hoặc phiên xác minh đã hết. Mời người dân xác minh lại nếu cần xem hồ sơ.";
/// The records do not answer.
pub(super) const RECORDS_UNAVAILABLE: &str = "Hệ thống dữ liệu đang không trả lời nên chưa xem được hồ sơ. Vui lòng thử lại sau vài phút.";

/// A field is missing or wrong.
pub(super) fn bad_request(field: &str) -> String {
    format!("Yêu cầu gửi lên thiếu hoặc sai mục {field}.")
}

/// Too many failures.
pub(super) fn locked_out(retry_after_s: u64) -> String {
    let wait = if retry_after_s < 60 { format!("{retry_after_s} giây") } else { format!("{} phút", retry_after_s.div_ceil(60)) };
    format!("Đăng nhập sai nhiều lần nên tạm khóa. Vui lòng thử lại sau {wait}.")
}

/// Too few characters.
pub(super) fn password_too_short(chars_min: usize) -> String {
    format!("Mật khẩu cần ít nhất {chars_min} ký tự. Một câu dài dễ nhớ là tốt nhất.")
}

/// Too many characters.
pub(super) fn password_too_long(chars_max: usize) -> String {
    format!("Mật khẩu dài tối đa {chars_max} ký tự.")
}

/// The same few characters again and again.
pub(super) const PASSWORD_TOO_PLAIN: &str = "Mật khẩu lặp lại quá ít ký tự khác nhau nên dễ đoán. Vui lòng chọn mật khẩu khác.";
/// An operator whose name this process has not met yet.
pub(super) const UNNAMED_OPERATOR: &str = "Tổng đài viên";

/// What the queue does not allow.
pub(super) fn refused(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::NoSuchHandoff => "Cuộc trò chuyện này đã kết thúc hoặc không còn trong hàng đợi.",
        Refusal::NotPresent => "Bạn chưa vào bàn trực, hoặc đã mất kết nối quá lâu. Vui lòng vào lại.",
        Refusal::Taken => "Người khác đã nhận cuộc trò chuyện này.",
        Refusal::NotTheirs => "Cuộc trò chuyện này không còn do bạn phụ trách, nên tin chưa được gửi.",
        Refusal::NotSkilled => "Cuộc trò chuyện này cần một lĩnh vực ngoài phần bạn phụ trách.",
        Refusal::NoRoom => "Tổng đài viên đã đủ số cuộc trò chuyện cùng lúc.",
        Refusal::NotAccepting => "Tổng đài viên này đang tạm ngừng nhận.",
        Refusal::Full => "Hàng đợi đã đầy.",
    }
}

/// What was typed as hours cannot be used.
pub(super) fn bad_calendar(reason: &str) -> String {
    format!("Lịch làm việc chưa dùng được: {reason}.")
}

/// The subject of the mail about a citizen who waits while nobody is at the desk.
pub(super) const WAITING_SUBJECT: &str = "[hotro] Có người chờ tổng đài viên ngoài giờ trực";

/// The mail itself. `words` are the citizen's, masked.
pub(super) fn waiting_mail(at_ms: i64, words: Option<&str>, link: Option<&str>) -> String {
    let at = jiff::Timestamp::from_millisecond(at_ms)
        .map(|at| crate::dialogue::VIETNAM.to_datetime(at).strftime("%H:%M ngày %d/%m/%Y").to_string());
    let mut text = format!("Lúc {} có người dân chờ tổng đài viên, khi chưa ai trực.\n", at.unwrap_or_default());
    if let Some(words) = words {
        text.push_str(&format!("\nTin để lại (số và mã đã được che):\n{words}\n"));
    }
    if let Some(link) = link {
        text.push_str(&format!("\nMở cuộc trò chuyện: {link}\n"));
    }
    text.push_str("\nThư này gửi tự động, bạn không cần trả lời.\n");
    text
}
