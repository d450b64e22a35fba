"""Words of Vietnamese names, and of what looks like names and is none: places, offices. Data; pure."""

from __future__ import annotations

from callcenter.privacy.core.words import Lexicon, vocabulary

SURNAMES = Lexicon(
    "nguyễn trần lê phạm hoàng huỳnh phan vũ võ đặng bùi đỗ hồ ngô dương lý đinh trịnh trương đoàn mai tô lâm"
    " phùng vương cao châu hà tạ thái lương lưu quách đào kiều tôn thân trang diệp doãn lò nông chu bạch giáp"
    " khổng mạc nghiêm ninh phí quản tăng thạch tiêu triệu từ ung văn vi niê hứa cù đàm đồng lã lục",
    not_folded="vu ha ho ta la lo nong chu vi tu van thi ong tang phi thai mai cao trang chau dao than ly",
)
RARE = vocabulary("vu ha ho ta la lo nong chu vi tu thai mai cao trang chau dao than ly phi tang")
"""Folded surnames that mean too much without diacritics, but not in front of ``van`` or ``thi``."""
AMBIGUOUS_SURNAMES = Lexicon(
    "hồ đỗ lý cao mai đào châu hà lương thái trương lưu lò nông chu vi từ văn tăng phí thân trang đồng"
    " vũ đoàn bạch tô lâm dương triệu"
)
"""Also common words: alone in lower case they need more than a second syllable."""
MIDDLES = Lexicon(
    "văn thị đình hữu đức quốc công bá gia minh ngọc thanh hoàng kim bảo quang tấn nữ xuân thu như duy anh đại"
    " hồng mạnh trọng viết phước phú thành trung tuấn hải",
)
BINDING = Lexicon("văn thị")
"""After these comes a given name, whatever the word."""
GIVENS = Lexicon(
    "ân ái an anh ánh bách bảo bích bình cảnh châu chi chiến cúc cường cẩm dung duy dũng duyên đan đào đạt điệp"
    " định đông đức giang hà hải hân hạnh hằng hậu hiền hiếu hiệp hoa hoài hoan hoàng hòa hồng huế"
    " huệ hùng huy"
    " huyền hưng hương hường khánh khải khang khoa khôi kiên kiệt kim lam lan lành lâm lệ liên linh"
    " loan lộc long"
    " lợi luân lực lựu lý mạnh mai minh my mỹ nam nga ngân nghĩa ngọc nguyên nguyệt nhàn nhân nhật nhi nhung"
    " như oanh phát phong phú phúc phụng phước phương phượng quân quang quế quốc quý quỳnh quyên"
    " quyết sang sen"
    " sơn sương tài tâm tân tấn thạch thái thanh thành thảo thắm thắng thịnh thọ thoa thơ thơm thu"
    " thuận thục thủy"
    " thúy thùy thư thương tiên tiến tín tình toàn toản trà trâm trang trí trinh trọng trúc trung"
    " trường tú tuân"
    " tuấn tùng tuyền tuyết tường uyên vân việt vinh vũ vương vy vỹ xuân xuyến yên yến hào hậu nhã"
    " nhựt diễm diệu"
    " trân thùy khuê ngà thêu thiện thiên tịnh triết tuệ tuyên vĩnh xoan ngoan nhạn nhẫn phấn phi"
    " quyền gấm hảo khiêm khuyên kỳ mận mẫn nết"
    " nghi nghị nhiên nương tèo tí tý bi na",
    not_folded="an chi hoa ly nam phong long lam thu tam tinh tien trang cuc dao dinh dong tai son"
    " hung na bi ti ty nghi man ky phi net"
    " thang vu thao thanh trung ha hai bao binh hue loi quy sang tin tri tu truong bich anh yen"
    " hoan nhan huy",
)
TITLES = Lexicon(
    "anh chị ông bà cô chú bác em cậu dì thầy mợ thím bé cháu cụ con mệ thằng",
    not_folded="con",
)
ELDERS = Lexicon("ông bà chú bác dì thím mợ cậu")
"""Titles with which a number alone is a name; behind anh and chị it is more often one's own brother."""
COUNTED = vocabulary(
    "nguoi lan tuoi dua con cai can gio ngay thang nam muoi tram nghin nha ho phut trieu cai chiec"
)
"""Folded words before which a number counts."""
NUMBERED = Lexicon("hai ba tư năm sáu bảy tám chín mười út")
"""How people in the south are called: bác Sáu, chú Tư."""

NOT_NAMES = vocabulary(
    "anh chi ong ba co chu bac em cau di thay chau cu con toi ubnd tp so duong pho phuong xa quan huyen"
    " tinh cccd cmnd sdt dt stk bks email zalo khu to thon nha o va la cua voi"
    " goi bi co khong da dang se duoc can muon hoi xin kinh gui lien he dien thoai"
)
"""Folded words that never continue a name (``cô``, ``Sở``, ``ở``)."""
COLLOCATIONS = vocabulary(
    "an toan|an ninh|an tam|an sinh|binh thuong|binh luan|thu tien|thu gom|thu phi"
    "|thu hoi|thu ky|thu ngan|thu mua|hung lao|hung dan|hung du"
    "|thuong binh|thuong lai|hien lanh|hien nay|tien hanh|tien do|nam sinh|nam nay"
    "|nam trong|nhan vien|nhan dan"
    "|nhan duoc|loi dung|loi ich|hoa giai|tam tru|tam thoi|giang vien|trung tam|trung hoc|dao duong|huong dan"
    "|hai quan|tinh nguyen|thanh toan|thanh pho|thanh tra|thanh nien|bao ve|bao hiem"
    "|bao dam|bao cao|trinh bao|trinh duoc"
    "|tai xe|tin la|tin nhan"
    "|phuc vu|duc duong|cuong quyet|kien quyet|kien nghi|quan ly|quan tam|phat hien"
    "|phat bieu|yen tam|phu huynh"
    "|phu ho|truong ban|truong phong|truong hop|dinh ky|dinh goi|dinh hoi|thai do|tri thuc|dong y",
    "|",
)
"""Two folded words of which the first, behind a title, is no name."""

PERSON_CUES = (
    r" (?:ten la|toi ten|ten toi la|ten (?:em|chau|con|minh|chi|anh|ong|ba|no)(?: la)?|(?:em|chau|minh|ay|no) ten"
    r"|(?:me|bo|ba|ma|cha|vo|chong|con|chau|anh|chi|em|ong) (?:toi |em |minh |chau )?ten(?: la)?|ten goi|ten"
    r"|(?:toi|em|con|chau|minh) la|(?:vo|chong|con|me|bo|ba|ma|cha|chau|anh trai|chi gai|em trai|em gai|con gai"
    r"|con trai|ong|ba) (?:cua )?(?:toi|em|minh|chau) (?:la|ten)(?: la)?|ho ten|ho va ten|nguoi gui"
    r"|nguoi phan anh|nguoi bi nan la|chu ho|chu tai khoan|chu nha la|doi tuong|nan nhan(?: la)?|benh nhan"
    r"|dai dien cho|tai xe|theo loi|gap|cua <name> va|hai chau) $"
)
PLACES = Lexicon(
    "đường phố phường xã quận huyện cầu chợ trường thpt thcs viện góc lộ tuyến trục hẻm kiệt ngõ ngách"
    " bến làng thôn hồ đèo cảng lăng đình chùa ty tỉnh số đoạn"
    " dốc bãi sông hầm vịnh sân sở đảo",
    not_folded="cho ho so ty lo vien dinh hem goc cang",
)
"""Words just before the name of a place."""
PLACE_PHRASES = (
    r" (?:nga (?:tu|ba|nam)|cong vien|benh vien|tieu hoc|trung hoc|dai hoc|mam non|mau giao|truong hoc"
    r"|cong ty|dai lo|giao lo"
    r"|quang truong|tuong dai|khu do thi|khu dan cu|san van dong|nha hat|thanh pho|cho|goc|kiet|hem|ngo|duong"
    r"|<address>(?: duong| kiet)?|(?:hem|kiet|ngo|k|h|so|so nha) \w+|\d{1,4}[a-z]?|[kh]\d+) $"
)
CHAIN = vocabulary("va voi den toi giao qua")
"""Words that lead from one street's name to the next."""
STREETS = vocabulary(
    "le loi|le duan|le lai|tran phu|tran hung dao|tran cao van|tran quoc toan|tran thi ly"
    "|nguyen van linh|nguyen hue"
    "|nguyen van troi|nguyen van thoai|nguyen tri phuong|nguyen phuoc nguyen"
    "|nguyen luong bang|nguyen tat thanh"
    "|nguyen hoang|nguyen huu tho|nguyen chi thanh|nguyen cong tru|nguyen du|nguyen khuyen|nguyen trai"
    "|nguyen thai hoc"
    "|nguyen sinh sac|nguyen thi minh khai|ham nghi|hoang dieu|hoang sa|hoang van thu"
    "|hoang hoa tham|phan chau trinh"
    "|phan dang luu|phan thanh|phan boi chau|phan dinh phung|pham van dong|pham ngu lao"
    "|pham hung|pham nhu xuong"
    "|le dinh ly|le dinh duong|le thanh nghi|le hong phong|le quy don|le van hien"
    "|le van tam|le trong tan|le do"
    "|le thanh ton|le thi hong gam|ly thuong kiet|ly thai to|ly tu trong|vo nguyen giap"
    "|vo chi cong|vo van kiet"
    "|vo thi sau|ngo quyen|ngo gia tu|ngo thi nham|to hieu|to huu|ton duc thang|ton dan"
    "|ton that tung|ton that dam"
    "|truong chinh|truong dinh|truong sa|truong nu vuong|dinh tien hoang|dang thai mai|dang van ngu|dang dung"
    "|duong dinh nghe|huynh thuc khang|huynh ngoc hue|bui thi xuan|cao thang|cao ba quat"
    "|mai thuc loan|ho xuan huong"
    "|ho chi minh|ho tung mau|ho nghinh|thai phien|ha huy tap|ha huy giap|doan thi diem"
    "|ong ich khiem|ong ich duong"
    "|chu van an|luu trong lu|luong nhu hoc|vuong thua vu|do quang|do ba|trieu nu vuong|quang trung|ba trieu"
    "|ho thac gian|chau thi vinh te|ba huyen thanh quan",
    "|",
)
"""Folded names after which many towns call streets; alone they are places."""

OFFICES = (
    r" (?:(?:pho )?chu tich|(?:tong |pho )?bi thu|(?:pho )?giam doc (?:so|cong an|benh vien|trung tam|dai hoc)"
    r"|(?:pho )?thu tuong|bo truong|thu truong|dai bieu|chanh van phong|(?:pho )?truong phong|truong cong an"
    r"|chanh thanh tra)(?: (?:ubnd|uy ban|nhan dan|hdnd|hoi dong|quoc hoi|mttq|mat tran|phuong|xa|quan|huyen|tinh"
    r"|thanh pho|tp|nuoc|thanh uy|quan uy|dang uy|so|xay dung|y te|giao duc|noi vu|tu phap|tai chinh|cong thuong"
    r"|giao thong|van tai|lao dong|moi truong|tai nguyen|van hoa|cong an|va|la|ong|ba|dong chi|<place>)){0,9} $"
)
OFFICE_AFTER = frozenset(
    {"chu tich", "pho chu", "bi thu", "pho bi", "giam doc", "pho giam", "bo truong", "thu truong"}
)
"""The two folded words behind the comma that follows an official's name."""
