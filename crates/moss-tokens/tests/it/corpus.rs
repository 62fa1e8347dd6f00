//! Texts of many kinds, the same in each run.

/// A sentence or two in many scripts, all of our own making.
pub const SENTENCES: &[&str] = &[
    "Mosses have no roots; they drink with their leaves, and they're older than any tree.",
    "Das Moos wächst überall, wo es feucht ist – auch auf Dächern und Größerem.",
    "La mousse pousse où il fait frais ; qu'elle soit verte n'étonne personne.",
    "El musgo crece despacio, ¿verdad? ¡Mañana será otro día!",
    "Mech rośnie powoli, lecz źdźbło trawy jeszcze wolniej żółknie.",
    "Yosun yağmuru sever; İstanbul'da ağaçların gölgesinde büyür.",
    "Rêu mọc trên đá ẩm, chẳng cần đất màu mỡ.",
    "Мох растёт на камнях и не торопится: ему хватает тумана.",
    "Мохът обича сянка, а їжак спить під ґанком.",
    "Τα βρύα φυτρώνουν στη σκιά· δεν έχουν ρίζες, ούτε άνθη.",
    "Մամուռը աճում է քարերի վրա։",
    "ხავსი ქვებზე იზრდება და წვიმა უყვარს.",
    "הטחב גדל על האבנים, ושְׁקֶט סביבו.",
    "ينمو الطحلب على الحجارة، ولا يحتاج إلى جذور؛ كَتَبَ ذلك عالِمٌ.",
    "خزه روی سنگ‌ها می‌روید و باران را دوست دارد.",
    "काई पत्थरों पर उगती है और उसे जड़ों की ज़रूरत नहीं।",
    "শ্যাওলা পাথরের গায়ে জন্মায়, বৃষ্টি ভালোবাসে।",
    "பாசி கற்களின் மேல் வளர்கிறது.",
    "పాచి రాళ్ళపై పెరుగుతుంది.",
    "ಪಾಚಿ ಕಲ್ಲಿನ ಮೇಲೆ ಬೆಳೆಯುತ್ತದೆ.",
    "പായൽ കല്ലുകളിൽ വളരുന്നു.",
    "ගල් මත පාසි වැඩේ.",
    "มอสขึ้นบนหินที่ชื้นและไม่มีรากเลยสักนิดเดียว",
    "ມອດຂຶ້ນຢູ່ເທິງຫີນ",
    "ရေညှိသည် ကျောက်တုံးပေါ်တွင် ပေါက်သည်။",
    "ស្លែដុះលើថ្ម។",
    "རྡོ་ལ་ལྗང་ཁུ་སྐྱེས།",
    "ሙዝ በድንጋይ ላይ ይበቅላል።",
    "苔藓没有根，靠叶子喝水。它们比任何树都古老！",
    "苔蘚長在石頭上，下雨的時候特別綠。",
    "苔は石の上に生え、雨が好きです。コケには根がありません。",
    "이끼는 돌 위에서 자라고, 뿌리가 없습니다.",
    "ᠬᠥᠪᠳᠡ ᠴᠢᠯᠠᠭᠤᠨ ᠳᠡᠭᠡᠷᠡ",
    "ᎤᎾᎵᏍᏔᏴᏗ ᏅᏯ",
    "𐌰𐌱𐌲 𝒎𝒐𝒔𝒔 𝕄𝕠𝕤𝕤 𠀀𠀁𪜀",
];

/// What is hard to split.
pub const ODDITIES: &[&str] = &[
    "",
    " ",
    "\n",
    "\r\n",
    "\t\t\t",
    "      ",
    " \n \n ",
    "\n\n\n    \n",
    "\u{a0}\u{2003}\u{3000}",
    "\u{b}\u{c}\u{1c}\u{0}\u{7f}",
    "\u{200b}\u{200c}\u{200d}\u{200e}",
    "I'm you're WE'VE they'll it's he'd can't 'tis ’s",
    "'s't're've'm'll'd'S'T'RE",
    "O'Reilly's d'accord 'quoted'",
    "0 1 12 123 1234 12345 3.14159 1,000,000 ½ ² Ⅷ ٣٤٥ १२३",
    "CamelCase snake_case kebab-case SCREAMING_CASE iPhone McDonald XMLHttpRequest",
    "ÀÉÎ àéî ǅ ǈ ʰ ª º ß ẞ ﬁ İı",
    "e\u{301} a\u{308}\u{323} \u{301}\u{301} n\u{303}o",
    "👩‍👩‍👧‍👦 👍🏽 🇩🇪🇯🇵 ❤️ 🏴󠁧󠁢󠁥󠁮󠁧󠁿 😀😃😄",
    "→ ≤ ∑ ∫ √2 ± × ÷ € £ ₿ ™ © § ¶ † ‡ • …",
    "<|endoftext|><|fim_prefix|><|endofprompt|><EOT><META><SOS>",
    "!!! ??? ... --- === /// \\\\\\ ### @@@ ```",
    "./a/b//c/\n/d .\n/ ;\r\n/x",
    "https://example.org/a?b=c&d=%20e#f user@example.org",
    "aGVsbG8gbW9zcyBhbmQgbGljaGVuIQ== 0xDEADBEEF 550e8400-e29b-41d4-a716-446655440000",
    "fn main() {\n    println!(\"{}\", 1 + 1); // two\n}\n",
    "def f(x):\n\treturn x ** 2  # square\n\n\nclass A: pass\n",
    "{\"name\": \"moss\", \"n\": [1, 2.5, null, true], \"s\": \"a\\nb\"}",
    "SELECT * FROM moss WHERE height < 10 AND name LIKE '%a_b%';",
    "<div class=\"a b\"><p>x &amp; y</p></div>\n<!-- z -->",
    "| a | b |\n|---|---|\n| 1 | 2 |\n\n- [ ] x\n1. **y**\n",
    "\u{fffd}\u{fffe}\u{10ffff}\u{e000}",
];

/// Numbers that look random and are the same each time (SplitMix64).
pub struct Numbers(pub u64);

impl Numbers {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % limit as u64) as usize
    }

    pub fn of<'a, T: ?Sized>(&mut self, list: &[&'a T]) -> &'a T {
        list[self.below(list.len())]
    }
}

/// Stretches of Unicode that have not grown for long: the tables of two programs say the same of them.
const STRETCHES: &[(u32, u32)] = &[
    (0x00, 0x84),
    (0x86, 0x377),
    (0x386, 0x38a),
    (0x400, 0x52f),
    (0x5d0, 0x5ea),
    (0x620, 0x6ff),
    (0x900, 0x97f),
    (0x985, 0x98c),
    (0xe01, 0xe3a),
    (0x10d0, 0x10f0),
    (0x1100, 0x11ff),
    (0x1e00, 0x1eff),
    (0x2000, 0x2064),
    (0x2070, 0x2071),
    (0x20a0, 0x20bf),
    (0x2100, 0x218b),
    (0x2190, 0x23ff),
    (0x2460, 0x27bf),
    (0x3000, 0x303f),
    (0x3041, 0x3096),
    (0x30a0, 0x30ff),
    (0x4e00, 0x9fa5),
    (0xac00, 0xd7a3),
    (0xe000, 0xe0ff),
    (0xff01, 0xffbe),
    (0x10330, 0x1034a),
    (0x1d400, 0x1d454),
    (0x1f300, 0x1f64f),
    (0x20000, 0x2a6d6),
    (0xe0100, 0xe01ef),
];

fn random_text(numbers: &mut Numbers) -> String {
    // A text keeps to few scripts, as texts do.
    let scripts: Vec<(u32, u32)> =
        (0..1 + numbers.below(3)).map(|_| STRETCHES[numbers.below(STRETCHES.len())]).collect();
    let length = 1 + numbers.below(60);
    (0..length)
        .filter_map(|_| {
            let (first, last) = scripts[numbers.below(scripts.len())];
            char::from_u32(first + numbers.below((last - first + 1) as usize) as u32)
        })
        .collect()
}

/// Words, ends and gaps as they may follow each other.
fn mixed_text(numbers: &mut Numbers) -> String {
    const GAPS: &[&str] = &[
        "", " ", " ", " ", "  ", "\n", "\n\n", "\r\n", "\t", " \n", "\n  ", "'", "'s ", "’", "-",
        "_", ".", ", ", "/", "//", ".\n/", "1", "42", "2026", " \u{a0}", "\u{3000}", "(", ")",
        "\"", "\u{301}", "\u{200d}",
    ];
    let mut text = String::new();
    for _ in 0..1 + numbers.below(30) {
        let source = if numbers.below(4) == 0 { ODDITIES } else { SENTENCES };
        let words: Vec<&str> = numbers.of(source).split(' ').collect();
        text.push_str(words[numbers.below(words.len())]);
        text.push_str(numbers.of(GAPS));
    }
    text
}

/// One character or a few, many times.
fn run(numbers: &mut Numbers) -> String {
    const UNITS: &[&str] = &[
        " ", "\n", "\t", "a", "A", "ab", "aA", "1", "-", "=", "*", "/", ".", "é", "я", "の", "한",
        "ก", "😀", "\u{301}", "\r\n", " \n", "'s", "_", "\u{a0}", "xyz ", "\0",
    ];
    let unit = numbers.of(UNITS);
    let times = [2, 3, 7, 16, 65, 130, 300][numbers.below(7)];
    format!("{}{}", unit.repeat(times), numbers.of(&["", "x", " x", "\n", "."]))
}

/// All sentences and oddities.
pub fn written() -> Vec<String> {
    SENTENCES.iter().chain(ODDITIES).map(|text| (*text).to_owned()).collect()
}

/// These, and thousands of texts made of them and of chance.
pub fn texts() -> Vec<String> {
    let mut numbers = Numbers(7);
    let mut texts = written();
    texts.push(SENTENCES.join("\n"));
    texts.push(ODDITIES.join(" "));
    texts.extend((0..2500).map(|_| random_text(&mut numbers)));
    texts.extend((0..2500).map(|_| mixed_text(&mut numbers)));
    texts.extend((0..500).map(|_| run(&mut numbers)));
    texts
}
