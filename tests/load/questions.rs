//! Invented questions, as people type them: full sentences, no accents, raw Telex, small talk, things nobody answers here.

const QUESTIONS: [&str; 30] = [
    "Tôi quên mật khẩu VssID thì phải làm sao?",
    "quen mat khau vssid thi lam sao z ad",
    "queen maatj khaaur vssid",
    "Làm thế nào để đăng ký tài khoản VssID lần đầu?",
    "đăng nhập vssid báo sai mật khẩu hoài",
    "doi so dien thoai tren vssid",
    "Thẻ bảo hiểm y tế trên điện thoại có dùng đi khám được không?",
    "mất thẻ bhyt làm lại ở đâu",
    "Xem quá trình đóng bảo hiểm xã hội ở đâu vậy ạ?",
    "xem qua trinh dong bhxh",
    "Nghỉ thai sản được hưởng bao nhiêu tháng?",
    "chế độ thai sản cho chồng",
    "Hồ sơ hưởng chế độ ốm đau gồm những gì?",
    "nghi om 3 ngay co duoc tien khong",
    "Rút bảo hiểm xã hội một lần cần điều kiện gì?",
    "rut bhxh 1 lan online dc ko",
    "Đóng bảo hiểm xã hội bao nhiêu năm thì được lương hưu?",
    "tuổi nghỉ hưu của nữ",
    "Bảo hiểm thất nghiệp đăng ký trong bao lâu sau khi nghỉ việc?",
    "tro cap that nghiep tinh the nao",
    "Mức đóng bảo hiểm xã hội tự nguyện là bao nhiêu?",
    "bhxh tu nguyen dong moi thang bao nhieu",
    "Đổi nơi khám chữa bệnh ban đầu như thế nào?",
    "kham trai tuyen duoc huong may phan tram",
    "Gộp hai sổ bảo hiểm làm thế nào?",
    "công ty không đóng bảo hiểm cho tôi thì báo ai",
    "xin chào",
    "cảm ơn nhé",
    "thế còn chồng thì sao?",
    "hôm nay nấu món gì cho ngon",
];

/// The `turn`-th question of the `citizen`-th citizen: everyone begins elsewhere in the mix.
pub fn question(citizen: usize, turn: usize) -> &'static str {
    QUESTIONS[(citizen * 7 + turn) % QUESTIONS.len()]
}
