//! What the report counts that has no place on the map: departments, their applications on the
//! government cloud, and the systems joined to the data platform.

/// A department on the government cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Department {
    /// Its number, `D01` onwards.
    pub code: String,
    /// Its name.
    pub name: &'static str,
}

/// An application that a department runs on the government cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Its number, `A01` onwards.
    pub code: String,
    /// Its name, invented.
    pub name: String,
    /// The code of its department.
    pub department: String,
}

/// A system joined to the data platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct System {
    /// Its number, `S01` onwards.
    pub code: String,
    /// Its name, invented.
    pub name: String,
    /// The code of the department that runs it.
    pub department: String,
}

/// Departments, applications and systems, as many as the report counts: 20, 41 and 31.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ledger {
    /// 20 departments.
    pub departments: Vec<Department>,
    /// 41 applications; every department has at least two.
    pub applications: Vec<Application>,
    /// 31 systems.
    pub systems: Vec<System>,
}

pub(super) const DEPARTMENTS: [&str; 20] = [
    "数据局",
    "公安局",
    "自然资源和规划局",
    "民政局",
    "住房和城乡建设局",
    "市场监督管理局",
    "交通运输局",
    "水利和湖泊局",
    "卫生健康委员会",
    "教育局",
    "大数据中心",
    "城市管理执法局",
    "财政局",
    "人力资源和社会保障局",
    "农业农村局",
    "应急管理局",
    "文化和旅游局",
    "医疗保障局",
    "司法局",
    "生态环境局",
];
const APPLICATIONS: usize = 41;
const SYSTEMS: usize = 31;

/// The ledger of the demo city. The seed decides which departments run one more than others.
pub fn ledger(seed: u64) -> Ledger {
    let mut dice = super::dice::Dice::new(seed, "ledger", 0);
    let code = |letter: char, number: usize| format!("{letter}{:02}", number + 1);
    let departments: Vec<Department> =
        DEPARTMENTS.iter().enumerate().map(|(number, name)| Department { code: code('D', number), name }).collect();
    let mut order: Vec<usize> = (0..departments.len()).collect();
    dice.shuffle(&mut order);
    let owner = |number: usize| order[number % order.len()];
    let words = ["业务审批", "综合管理", "公众服务"];
    let applications = (0..APPLICATIONS)
        .map(|number| Application {
            code: code('A', number),
            name: format!("{}{}应用（示例）", DEPARTMENTS[owner(number)], words[number / order.len()]),
            department: code('D', owner(number)),
        })
        .collect();
    let systems = (0..SYSTEMS)
        .map(|number| System {
            code: code('S', number),
            name: format!("{}数据{}系统（示例）", DEPARTMENTS[owner(number)], ["共享", "采集"][number / order.len()]),
            department: code('D', owner(number)),
        })
        .collect();
    Ledger { departments, applications, systems }
}
