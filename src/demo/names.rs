//! Invented names: streets, compounds, hamlets, firms. None is of a person or a real firm.

use super::dice::Dice;

const STREETS: [&str; 40] = [
    "章华", "东方", "江汉", "潜阳", "建设", "红梅", "泰丰", "紫荆", "文昌", "育才", "平安", "兴业", "南浦", "北湖",
    "广华", "水杉", "朝阳", "人民", "和平", "友谊", "新华", "长江", "光明", "胜利", "迎宾", "园丰", "楚天", "虾都",
    "梅苑", "柳堤", "湖滨", "桃园", "金穗", "稻香", "莲花", "杨柳", "富康", "民主", "工农", "丰收",
];
const COMPOUND_HEADS: [&str; 20] = [
    "阳光", "世纪", "金色", "锦绣", "翠湖", "丽景", "和谐", "龙城", "水岸", "书香", "梧桐", "春江", "御景", "紫薇",
    "祥和", "天润", "盛世", "东湖", "悦江", "荷塘",
];
const COMPOUND_TAILS: [&str; 8] = ["花园", "嘉园", "小区", "雅苑", "名邸", "家园", "公馆", "新城"];
const HAMLETS: [&str; 24] = [
    "杨家湾",
    "柳林湾",
    "赵家台",
    "新台",
    "老台",
    "东湾",
    "西湾",
    "南台",
    "北台",
    "河湾",
    "渔湾",
    "桥头",
    "堤边",
    "湖边",
    "荷花台",
    "莲子湾",
    "沙岭",
    "月亮湾",
    "樟树湾",
    "桃树湾",
    "竹林湾",
    "石桥台",
    "渡口",
    "榨台",
];
const FIRM_HEADS: [&str; 16] =
    ["甲", "乙", "丙", "丁", "戊", "己", "庚", "辛", "子", "丑", "寅", "卯", "辰", "巳", "午", "未"];
const TRADES: [&str; 14] = [
    "商贸",
    "餐饮",
    "小龙虾养殖",
    "物流",
    "建材",
    "服饰",
    "电子",
    "农机",
    "食品",
    "装饰",
    "家电",
    "医药",
    "汽修",
    "种业",
];

/// Numbers one to 999 as groups (组) are counted.
pub(super) fn numeral(number: usize) -> String {
    const DIGITS: [&str; 10] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    let (hundreds, tens, ones) = (number / 100 % 10, number / 10 % 10, DIGITS[number % 10]);
    if hundreds > 0 {
        let rest = number % 100;
        let zero = if (1..10).contains(&rest) { "零" } else { "" };
        let one = if (10..20).contains(&rest) { "一" } else { "" };
        return format!("{}百{zero}{one}{}", DIGITS[hundreds], if rest == 0 { String::new() } else { numeral(rest) });
    }
    match tens {
        0 => ones.to_owned(),
        1 => format!("十{ones}"),
        _ => format!("{}十{ones}", DIGITS[tens]),
    }
}

/// The stems of a town's streets, each once, in random order.
pub(super) fn street_stems(dice: &mut Dice) -> Vec<&'static str> {
    let mut stems = STREETS.to_vec();
    dice.shuffle(&mut stems);
    stems
}

/// The name of a compound that none of the village's compounds, `taken`, has yet.
pub(super) fn compound(dice: &mut Dice, taken: &mut Vec<String>) -> String {
    let stem = format!("{}{}", dice.pick(&COMPOUND_HEADS), dice.pick(&COMPOUND_TAILS));
    let mut name = stem.clone();
    let mut phase = 1;
    while taken.contains(&name) {
        phase += 1;
        name = format!("{stem}{}期", numeral(phase));
    }
    taken.push(name.clone());
    name
}

/// A row of houses in a village: a numbered group, or a hamlet by its name.
pub(super) fn row(dice: &mut Dice, number: usize) -> String {
    if dice.chance(0.3) {
        format!("{}{}组", dice.pick(&HAMLETS), numeral(number))
    } else {
        format!("{}组", numeral(number))
    }
}

/// A firm that is plainly none.
pub(super) fn firm(dice: &mut Dice, serial: u32) -> String {
    format!("示例{}{}{}有限公司", dice.pick(&FIRM_HEADS), dice.pick(&TRADES), serial)
}

/// A name without the word for its kind: 园林街道 → 园林, 总口管理区 → 总口.
pub(super) fn stem(name: &str) -> &str {
    ["街道", "管理区", "镇", "社区", "村", "居委会"].iter().find_map(|tail| name.strip_suffix(tail)).unwrap_or(name)
}
