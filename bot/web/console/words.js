// Words for the closed lists of the API. Sentences stand in the view that says them.

export const UNREACHABLE = 'Chưa nối được với máy chủ. Bạn thử lại sau ít giây nhé.';
export const UNKNOWN_ERROR = 'Máy chủ chưa làm được việc này. Bạn thử lại nhé.';

/** What the server refuses, by its code. Others bring a sentence of their own. */
export const ERRORS = {
  no_such_handoff: 'Cuộc này đã kết thúc, hoặc người dân đã rời hàng đợi.',
  not_present: 'Bạn chưa ngồi vào bàn trực. Bạn bật “Nhận cuộc mới” rồi thử lại nhé.',
  taken: 'Đồng nghiệp khác vừa nhận cuộc này.',
  not_theirs: 'Cuộc này không còn do bạn giữ.',
  not_skilled: 'Cuộc này cần lĩnh vực bạn chưa phụ trách.',
  no_room: 'Bạn đang giữ đủ số cuộc được giao. Kết thúc bớt một cuộc rồi nhận tiếp nhé.',
  not_accepting: 'Người này đang tạm ngưng nhận cuộc mới.',
  full: 'Bàn tổng đài đã đầy.',
  role_refused: 'Tài khoản của bạn không có quyền làm việc này.',
};

export const CHANNELS = { web: 'Web', telegram: 'Telegram', terminal: 'Dòng lệnh' };

/** Why someone waits for a person. */
export const PRIORITIES = {
  complaint: 'Khiếu nại, tố cáo',
  repeated_misses: 'Bot chưa hiểu nhiều lần',
  asked: 'Xin gặp người',
  unhappy: 'Chưa hài lòng',
};

export const HANDOFF_REASONS = {
  asked: 'Người dân xin gặp tổng đài viên',
  missed_twice: 'Bot chưa hiểu hai lần liền',
  unhappy: 'Người dân chưa hài lòng với câu trả lời',
  complaint: 'Người dân muốn khiếu nại hoặc tố cáo',
};

export const OUTCOMES = {
  answered: 'Đã trả lời',
  clarify: 'Hỏi lại cho rõ',
  missed: 'Chưa hiểu',
  action: 'Đã làm giúp',
  small_talk: 'Chào hỏi',
  refused: 'Từ chối',
  handed_off: 'Chuyển tổng đài viên',
};

/** Why a conversation is closed; the order is that of the choice. */
export const RESOLUTIONS = {
  answered: ['Đã trả lời', 'Người dân đã có câu trả lời.'],
  referred: ['Đã hướng dẫn nơi khác', 'Cơ quan BHXH, doanh nghiệp hoặc nơi khác giải quyết tiếp.'],
  no_reply: ['Người dân không trả lời', 'Đã hỏi lại mà chưa thấy hồi âm.'],
  duplicate: ['Trùng cuộc khác', 'Người này đang được hỗ trợ ở cuộc khác.'],
  misuse: ['Lạm dụng', 'Quấy rối, quảng cáo, không liên quan.'],
};

/** How a talk ended that no operator closed. */
export const ENDED_BY_CITIZEN = 'người dân kết thúc';

export const RELEASES = {
  offer_ended: 'không kịp nhận',
  offer_withdrawn: 'tạm ngưng nhận cuộc mới',
  lease_ended: 'mất kết nối',
  signed_out: 'đã rời bàn',
  returned: 'trả lại hàng đợi',
  transferred: 'chuyển tiếp',
};

/** The domains of the FAQ, which are the operators' skills. */
export const SKILLS = {
  bhxh: 'BHXH bắt buộc',
  'bhxh-tn': 'BHXH tự nguyện',
  bhyt: 'BHYT',
  bhtn: 'Thất nghiệp',
  vssid: 'VssID',
  account: 'Tài khoản',
  service: 'Dịch vụ công',
};
export const skillName = (skill) => SKILLS[skill] ?? skill;

/** Parts of a record; the order is that of the choice. */
export const RECORD_PARTS = {
  participation: 'Quá trình đóng',
  'detail-bhxh': 'Chi tiết BHXH theo năm',
  'detail-bhyt': 'Chi tiết BHYT theo năm',
  'detail-bhtn': 'Chi tiết BHTN theo năm',
  benefits: 'Chế độ đã hưởng',
  dossiers: 'Hồ sơ đã nộp',
  card: 'Thẻ BHYT',
  visits: 'Lượt khám BHYT',
  dependants: 'Thẻ của con',
  code: 'Mã số BHXH',
};

export const PLACE_KINDS = { office: 'Cơ quan BHXH', collection_point: 'Điểm thu', facility: 'Cơ sở khám chữa bệnh' };

export const CALLBACK_RESULTS = { reached: 'Đã gọi được', no_answer: 'Không nghe máy', wrong_number: 'Sai số' };

export const UNSUPPORTED = { photo: 'ảnh', voice: 'tin thoại', sticker: 'nhãn dán', file: 'tệp', video: 'video', location: 'vị trí' };

export const ROLES = { operator: 'Tổng đài viên', supervisor: 'Giám sát viên' };
export const STANDINGS = { invited: 'Đã mời', active: 'Đang dùng', disabled: 'Đã khóa' };

export const AUDITED = {
  invited: 'Mời tổng đài viên',
  invitation_accepted: 'Nhận lời mời',
  signed_in: 'Đăng nhập',
  sign_in_failed: 'Đăng nhập sai',
  locked_out: 'Bị tạm khóa',
  signed_out: 'Đăng xuất',
  signed_out_everywhere: 'Đăng xuất mọi nơi',
  password_changed: 'Đổi mật khẩu',
  factor_changed: 'Đổi xác thực hai lớp',
  recovery_code_used: 'Dùng mã khôi phục',
  operator_changed: 'Sửa tổng đài viên',
  operator_disabled: 'Khóa tổng đài viên',
  refused: 'Bị từ chối',
  conversation_read: 'Xem cuộc trò chuyện',
  callback_revealed: 'Xem số điện thoại gọi lại',
  record_revealed: 'Mở hồ sơ của người dân',
  callback_done: 'Gọi lại xong',
  place_report_done: 'Xử lý báo sai địa điểm',
  attachment_read: 'Mở tệp của người dân',
  settings_changed: 'Đổi lịch hoặc công tắc',
  canned_changed: 'Sửa câu mẫu',
  news_changed: 'Sửa tin chính sách',
  handoff_moved: 'Chuyển cuộc',
  handoff_closed: 'Kết thúc cuộc',
};

export const WEEKDAYS = {
  monday: 'Thứ hai', tuesday: 'Thứ ba', wednesday: 'Thứ tư', thursday: 'Thứ năm', friday: 'Thứ sáu', saturday: 'Thứ bảy', sunday: 'Chủ nhật',
};

/** The themes of the policy news. */
export const THEMES = { 'huu-tri': 'Hưu trí', 'thai-san': 'Thai sản', bhyt: 'BHYT', bhtn: 'BHTN', vssid: 'VssID' };
export const NEWS_STATES = { waiting: 'Chờ duyệt', approved: 'Đã duyệt', hidden: 'Đã ẩn' };
