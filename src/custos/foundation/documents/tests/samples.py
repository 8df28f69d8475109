"""What realistic papers say: names with rare characters, long texts, empty lists. All invented."""

from datetime import UTC, date, datetime
from typing import Any

from custos.foundation.documents import contents as say

#: 09:30 in Beijing.
MORNING = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
#: 14:05 in Beijing.
AFTERNOON = datetime(2026, 3, 2, 6, 5, tzinfo=UTC)

PERSON = say.Person(
    name="𠮷田㐂子",
    sex=say.Sex.FEMALE,
    born=date(1990, 5, 1),
    identity="居民身份证 11010519491231002X",
    address="甲东省甲东市城关区和平路18号院3号楼2单元401室",
    number="330181111202603020001",
)
_OF_PERSON: dict[str, Any] = {"person": PERSON}

RELEASED = say.Released(
    **_OF_PERSON,
    stage="S30",
    charge="盗窃罪",
    measure="逮捕",
    measure_on=date(2026, 1, 15),
    ground="人民检察院决定不起诉",
    article="《中华人民共和国刑事诉讼法》第一百七十八条",
    notice="甲东市人民检察院甲检释通〔2026〕7号释放通知书",
    released_at=AFTERNOON,
)
TERM_SERVED = say.TermServed(
    person=PERSON.model_copy(update={"name": "诺尔哈提·阿不都热依木", "sex": say.Sex.MALE}),
    stage="S81",
    charge="危险驾驶罪",
    court="甲东市城关区人民法院",
    judgment="(2025)甲0102刑初33号刑事判决书",
    sentence="拘役四个月",
    additional="罚金人民币五千元",
    begins_on=date(2025, 11, 3),
    ends_on=date(2026, 3, 2),
    released_at=AFTERNOON,
)
ADMISSION = say.Admission(
    **_OF_PERSON,
    stage="S10",
    aliases="小㐂",
    nationality="中国",
    language="汉语（甲东方言）",
    interpreter=False,
    needs="糖尿病饮食；左耳听力减退，请面对面说话",
    basis="拘留证",
    basis_number="甲公（城）拘字〔2026〕12号",
    authority="甲东市公安局城关分局",
    charge="涉嫌盗窃罪",
    taken_at=datetime(2026, 3, 1, 14, 10, tzinfo=UTC),
    taken_where="甲东市城关区火车站广场",
    taken_by="甲东市公安局城关分局刑事侦查大队",
    arrived_at=MORNING,
    admitted_at=AFTERNOON,
    cell="女监区 203",
    injuries="右前臂外侧有一处新鲜擦伤，详见体表检查登记表",
    complaints="无",
    fitness="符合收押条件",
    property="现金及物品4件，详见财物登记表",
    family_told="2026年3月2日8时电话告知其母",
    dependants=(
        say.Dependant(
            name="吉小满",
            relation="女",
            age=6,
            where="甲东市城关区和平路18号院",
            carer="外祖母 吉田氏",
        ),
    ),
    contacts=(say.Contact(name="吉田氏", relation="母亲", reach="138 0000 0000"),),
    escorts=("高志远", "林小燕"),
    received_by=("陈安平", "周文静"),
)
HEALTH = say.Health(
    **_OF_PERSON,
    stage="S10",
    examined_at=MORNING,
    temperature="36.6 ℃",
    pulse="78 次/分",
    pressure="128/82 mmHg",
    blood="未见异常",
    ecg="窦性心律",
    ultrasound="未见异常",
    chest="双肺未见活动性病变",
    present="神志清楚，步态正常，自述口渴、乏力三日。",
    history="2型糖尿病五年。",
    family="母亲有高血压。",
    allergies="青霉素过敏",
    medication="二甲双胍 0.5 g，每日两次",
    mental="情绪低落，否认自伤念头",
    pregnancy="阴性",
    conclusion="可以收押，按糖尿病专案管理，七日内复查空腹血糖。",
    doctor="何静波",
)
BODY = say.Body(
    **_OF_PERSON,
    stage="S10",
    examined_at=MORNING,
    injuries=(
        say.Injury(
            side="正面",
            x=26,
            y=40,
            part="右前臂外侧",
            kind="擦伤，结痂",
            size="3 cm × 1 cm",
            photo="P-0301",
        ),
        say.Injury(side="背面", x=42, y=30, part="左肩胛", kind="皮下青紫", size="直径 2 cm"),
    ),
    marks="左眉上方有一颗黑痣",
    own_words="前天在火车站跑的时候自己摔的，没有人打我。",
    escort_words="到案前已有此伤，见执法记录仪录像。",
    finding="伤情轻微，与所述摔倒相符，已消毒包扎。",
    prosecutor_told="2026年3月2日9时50分告知驻所检察官，未到场",
    doctor="何静波",
    escort="高志远",
    officer="周文静",
)
PROPERTY = say.Property(
    **_OF_PERSON,
    stage="S10",
    things=(
        say.Thing(
            name="手机",
            count=1,
            unit="部",
            look="黑色，屏幕左下角碎裂",
            kept="代为保管",
            seal="F-20260302-01",
        ),
        say.Thing(
            name="钥匙",
            count=3,
            unit="把",
            look="一串，铜质",
            kept="代为保管",
            seal="F-20260302-02",
        ),
        say.Thing(name="羽绒服", count=1, unit="件", look="蓝色，无帽", kept="本人使用"),
    ),
    cash=say.Money(fen=1_023_450),
    registered_at=AFTERNOON,
    officers=("陈安平", "周文静"),
)
RIGHTS = say.Rights(
    **_OF_PERSON,
    stage="S10",
    language="汉语",
    told_at=AFTERNOON,
    told_by="周文静",
    interpreter="不需要",
)
DETENTION_ENDED = say.DetentionEnded(
    **_OF_PERSON,
    stage="administrative_detention",
    reason="盗窃",
    authority="甲东市公安局城关分局",
    decision="甲公（城）行罚决字〔2026〕88号行政处罚决定书",
    measure="行政拘留",
    days=10,
    begins_on=date(2026, 2, 20),
    ends_on=date(2026, 3, 2),
    ground="拘留期满",
    released_at=AFTERNOON,
)
TREATMENT_ENDED = say.TreatmentEnded(
    **_OF_PERSON,
    stage="compulsory_treatment",
    authority="甲东市公安局",
    decision="甲公强戒决字〔2024〕19号强制隔离戒毒决定书",
    months=24,
    begins_on=date(2024, 3, 3),
    ends_on=date(2026, 3, 2),
    ground="强制隔离戒毒期满",
    community="责令到甲东市城关区接受社区康复，期限三年",
    released_at=AFTERNOON,
)
TREATMENT_ASSESSED = say.TreatmentAssessed(
    **_OF_PERSON,
    stage="compulsory_treatment",
    period="执行满一年",
    decision="甲公强戒决字〔2024〕19号",
    physical="毒品检测连续六个月阴性，停用控制戒断症状药物四个月。",
    recovery="体能测试达标，心理测试无明显焦虑。",
    behaviour="遵守所规所纪，习艺劳动按时完成。",
    society="母亲愿意接收，已联系就业单位。",
    own_words="愿意继续配合，希望早日回家照顾女儿。",
    conclusion="评估合格，建议提前解除。",
    assessed_on=date(2025, 3, 10),
    assessors=("何静波", "周文静"),
)
FILE_COPY = say.FileCopy(
    **_OF_PERSON,
    stage="S30",
    reason="本人释放时申请",
    basis="拘留证 甲公（城）拘字〔2026〕12号",
    admitted_at=AFTERNOON,
    lines=tuple(
        say.Line(
            number=100 + at,
            at="2026-03-02 14:05",
            title="收押" if at == 0 else "谈话教育",
            text=f"第{at}次，家中老人和孩子的情况已告知，情绪平稳。" * (1 + at % 3),
            by="管教",
            corrected=at == 2,
            erased=at == 3,
        )
        for at in range(40)
    ),
)
REGISTER = say.Register(
    name="收押台账",
    narrowed="2026年3月",
    columns=("时间", "姓名", "编号", "事项", "内容", "地点", "附件"),
    widths=(3, 2, 4, 2, 6, 2, 1),
    rows=tuple(
        (
            "2026-03-02 14:05",
            "𠮷田㐂子",
            f"33018111120260302{at:04}",
            "收押",
            "拘留证，A101",
            "A101",
            "1",
        )
        for at in range(60)
    ),
)

LIMIT_NEAR = say.LimitNear(
    **_OF_PERSON,
    stage="S20",
    to="甲东市公安局城关分局",
    charge="涉嫌盗窃",
    basis="甲公（城）捕字〔2026〕9号逮捕证",
    began_on=date(2026, 1, 15),
    limit="侦查羁押期限",
    article="《中华人民共和国刑事诉讼法》第一百五十六条",
    ends_on=date(2026, 3, 15),
    copy_to="驻甲东市第一看守所检察室",
)
REFUSED = say.Refused(
    to="甲东市公安局城关分局",
    name="𠮷田㐂子",
    sex=say.Sex.FEMALE,
    born=date(1990, 5, 1),
    arrived_at=datetime(2026, 3, 2, 6, 5, tzinfo=UTC),
    papers="甲公（城）拘字〔2026〕9号拘留证",
    ground="怀孕",
    article="看守所条例 第10条",
    words="怀孕五个月，医院证明附后。",
)
LIMIT_OVER = say.LimitOver(
    **LIMIT_NEAR.model_dump(exclude={"person", "to", "copy_to"}),
    person=PERSON,
    to="甲东市人民检察院",
    authority="甲东市公安局城关分局",
    done="2026年3月8日书面通知办案机关，3月14日再次电话催告",
)

#: By code: what it says, and the kind of facility that issues it.
SAMPLES: dict[str, tuple[say.Content, str]] = {
    "D09": (LIMIT_NEAR, "KSS"),
    "D10": (LIMIT_OVER, "KSS"),
    "D12-1": (RELEASED, "KSS"),
    "D12-2": (TERM_SERVED, "KSS"),
    "D14-1": (ADMISSION, "KSS"),
    "D14-2": (HEALTH, "KSS"),
    "D14-3": (BODY, "KSS"),
    "D14-4": (PROPERTY, "KSS"),
    "D14-5": (REFUSED, "KSS"),
    "D15": (RIGHTS, "KSS"),
    "D21-1": (DETENTION_ENDED, "JLS"),
    "D22-1": (TREATMENT_ENDED, "QJS"),
    "D22-2": (TREATMENT_ASSESSED, "QJS"),
    "D25": (FILE_COPY, "KSS"),
    "D26": (REGISTER, "KSS"),
}
