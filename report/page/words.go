package page

// A word is the key of a sentence.
type word int

// A sentence has {0}, {1} and so on where its arguments go.
type sentence struct{ english, chinese string }

// The sentences of a page.
const (
	title word = iota
	titleBare
	emptyValue

	// The verdict.
	headNothing
	headClean
	headLook
	headEnded
	headNeeds
	factChanges
	factHeld
	factUnchanged
	factRules
	factFew
	factNoRule
	factFamilies
	factMade
	factTool
	factSource
	factSum
	factRehearsed
	factRun
	factTimes
	factWhy

	// How a run ended.
	partEnded
	countOf
	needs
	needsNone
	moreNeed
	timeline
	timelineBar
	notRecorded

	// Look at these.
	partLooks
	looksNone
	tagNear
	tagOutlier
	tagAlike
	tagRisk
	whyNoRule
	whyKept
	whyDigits
	whyTooMuch
	whyLacks
	whyOther
	changedPart
	noPart
	hint

	// Rules.
	partRules
	ruleRows
	ruleFirst
	ruleLast
	ruleUncovered

	// Rules and regions.
	partThin
	thinNone
	thinRule
	thinLane

	// Who will notice.
	partNotices
	noticesNone
	bootsOther
	bootsNone
	usedBy
	andMore

	// Order.
	partOrder
	orderNone
	orderSome
	orderMore
	aRing
	aChain
	temporary
	gap

	// All rows.
	partRows
	groupRule
	groupOutliers
	groupHeld
	groupUnchanged
	groupOther
	rowsLeftOut

	// The command.
	partApply
	applyThis
	applyNone
	typeNext
	nothingNext
	cannotKnow
	cannotLater
	cannotSerial
	cannotUsers
	cannotBind

	// A page that is cut.
	leftOut
	cutShort
	cutShortWhere

	// The controls of a page.
	filter
	filterHint
	shown
	unfold
	fold
	wordCount
)

var sentences = [wordCount]sentence{
	title:      {"Review of {0}", "{0} 的审阅"},
	titleBare:  {"Review of a plan", "计划的审阅"},
	emptyValue: {"(empty)", "（空）"},

	headNothing:   {"Nothing would change.", "没有任何更改。"},
	headClean:     {"{0}: nothing stands out.", "{0}：没有异常。"},
	headLook:      {"{0}: look at {1} first.", "{0}：请先看这 {1}。"},
	headEnded:     {"All {0} as desired.", "{0}均已符合要求。"},
	headNeeds:     {"{0} as desired, {1} not.", "{0}已符合要求，{1}未达到。"},
	factChanges:   {"{0} in {1} of {2}", "{0}，{1}，{2}"},
	factHeld:      {"{0} held back", "{0}被搁置"},
	factUnchanged: {"{0} already as desired", "{0}已符合要求"},
	factRules:     {"{0}, {1}", "{0}，{1}"},
	factFew:       {"fewer than ten renames: no rules, all rows are below", "改名少于十个：不归纳规则，所有行见下文"},
	factNoRule:    {"the renames have no rule in common: read all rows", "改名没有共同的规则：请阅读所有行"},
	factFamilies:  {"launches by {0} will boot another image", "{0}的启动将使用另一个镜像"},
	factMade:      {"made {0}", "生成于 {0}"},
	factTool:      {"by imgrename {0}", "由 imgrename {0}"},
	factSource:    {"from {0}", "来自 {0}"},
	factSum:       {"checksum of the plan: {0}", "计划的校验和：{0}"},
	factRehearsed: {"a rehearsal on the simulated images of {0}", "在 {0} 的模拟镜像上演练"},
	factRun:       {"run {0}", "运行 {0}"},
	factTimes:     {"from {0} to {1}", "从 {0} 到 {1}"},
	factWhy:       {"it stopped early: {0}", "提前停止：{0}"},

	partEnded:   {"How it ended", "运行结果"},
	countOf:     {"{0} {1}", "{1}：{0}"},
	needs:       {"Rows that need a person", "需要人工处理的行"},
	needsNone:   {"No row needs a person.", "没有需要人工处理的行。"},
	moreNeed:    {"{0} more are among all rows", "其余 {0} 见所有行"},
	timeline:    {"Rows decided over time", "各行完成的时间"},
	timelineBar: {"{0}: {1}, {2} of them not as desired", "{0}：{1}，其中 {2} 行不符合要求"},
	notRecorded: {
		"The results do not say which calls were throttled, nor how the pace changed: that is not shown.",
		"结果中没有记录被限流的调用和速率的变化，因此不显示。",
	},

	partLooks:   {"Look at these", "请看这些"},
	looksNone:   {"Nothing stands out.", "没有异常。"},
	tagNear:     {"near miss", "近似"},
	tagOutlier:  {"outlier", "异常"},
	tagAlike:    {"looks alike", "形似"},
	tagRisk:     {"risk", "风险"},
	whyNoRule:   {"fits no rule that more than a few rows share", "不符合任何有较多行的规则"},
	whyKept:     {"keeps its name, unlike the {0} of {1}", "名称不变，与 {1} 的 {0}不同"},
	whyDigits:   {"has {0} where the {1} of {2} have {3}", "此处为 {0}，而 {2} 的 {1}为 {3}"},
	whyTooMuch:  {"has {0} too much beside the {1} of {2}", "比 {2} 的 {1}多了 {0}"},
	whyLacks:    {"lacks {0}, which the {1} of {2} have", "缺少 {0}，{2} 的 {1}都有"},
	whyOther:    {"has {0} where the {1} of {2} have {3}", "此处为 {0}，而 {2} 的 {1}为 {3}"},
	changedPart: {"changed: {0} → {1}", "更改：{0} → {1}"},
	noPart:      {"nothing", "无"},
	hint:        {"hint: {0}", "提示：{0}"},

	partRules:     {"Rules", "规则"},
	ruleRows:      {"{0} in {1}", "{0}，{1}"},
	ruleFirst:     {"first, line {0}:", "第一个，第 {0} 行："},
	ruleLast:      {"last, line {0}:", "最后一个，第 {0} 行："},
	ruleUncovered: {"{0} fit it and are not in this manifest: {1}", "有 {0}符合但不在清单中：{1}"},

	partThin: {"Rules by region", "规则与地域"},
	thinNone: {"No rule is missing or thin in one region of many.", "没有规则在个别地域缺失或过少。"},
	thinRule: {"rule {0}, {1}: in {2} of {3}", "规则 {0}，{1}：{2} / {3}"},
	thinLane: {"{0} has {1}", "{0} 有 {1}"},

	partNotices: {"Who will notice", "谁会受影响"},
	noticesNone: {"No family, no shared image and no image in use is touched.", "不涉及镜像族系、共享镜像或使用中的镜像。"},
	bootsOther:  {"family {0}: launches boot {1} now, and will boot {2}", "镜像族系 {0}：现在启动 {1}，之后启动 {2}"},
	bootsNone:   {"family {0}: launches boot {1} now, and will fail", "镜像族系 {0}：现在启动 {1}，之后将失败"},
	usedBy:      {"instances were made from {0}: {1}", "有 {0}已用于创建实例：{1}"},
	andMore:     {"{0}, and {1} more", "{0}，另有 {1} 个"},

	partOrder: {"Order", "顺序"},
	orderNone: {"No row waits for another.", "没有行需要等待其他行。"},
	orderSome: {"{0} and {1} run in order; all else is independent.", "{0}和{1}须按顺序执行，其余各自独立。"},
	orderMore: {"{0} more are not drawn", "其余 {0} 未画出"},
	aRing:     {"ring of {0}", "{0}的环"},
	aChain:    {"chain of {0}", "{0}的链"},
	temporary: {"temporary", "临时"},
	gap:       {"for {0} no image is named: {1}", "在 {0}期间没有镜像名为：{1}"},

	partRows:       {"All rows", "所有行"},
	groupRule:      {"Rule {0}: {1}", "规则 {0}：{1}"},
	groupOutliers:  {"Outliers", "异常"},
	groupHeld:      {"Held back", "被搁置"},
	groupUnchanged: {"Already as desired", "已符合要求"},
	groupOther:     {"Rows without a rule", "没有规则的行"},
	rowsLeftOut: {
		"{0} left out here, none of them an outlier or held back",
		"此处省略 {0}，其中没有异常或被搁置的行",
	},

	partApply:    {"The command", "命令"},
	applyThis:    {"This command applies this plan and no other:", "以下命令只执行此计划："},
	applyNone:    {"No command applies exactly this: save the plan with --output first.", "请先用 --output 保存计划，才有命令可以只执行此计划。"},
	typeNext:     {"Type next:", "下一步："},
	nothingNext:  {"There is nothing left to type.", "没有后续命令。"},
	cannotKnow:   {"What this page cannot know", "本页无法得知"},
	cannotLater:  {"what happens to an image later: a row whose image has changed by then is left alone", "镜像之后的变化：届时已被更改的镜像不会被改动"},
	cannotSerial: {"a wrong digit in a serial number, or a wrong image whose name fits: rules show what is unlike the rest, no more", "序号中的错误数字，或名称符合规则的错误镜像：规则只能显示与其他不同之处"},
	cannotUsers:  {"which scripts, templates and people use these names", "哪些脚本、模板和人在使用这些名称"},
	cannotBind:   {"whether somebody has edited this page: the checksum of the plan is what binds", "本页是否被人编辑过：以计划的校验和为准"},

	leftOut:       {"{0} left out here", "此处省略 {0}"},
	cutShort:      {"this page is too small for all of {0}: each cut says how much is left out", "本页容不下全部 {0}：每处省略都注明了数量"},
	cutShortWhere: {"this page is too small for all of {0}: each cut says how much is left out; the whole is in {1}", "本页容不下全部 {0}：每处省略都注明了数量；全文见 {1}"},

	filter:     {"Filter", "筛选"},
	filterHint: {"line, region, id, name, outcome; several words must all fit", "行号、地域、ID、名称、结果；多个词须同时符合"},
	shown:      {"rows shown", "行显示"},
	unfold:     {"Unfold all", "全部展开"},
	fold:       {"Fold all", "全部折叠"},
}

// outcomesInChinese explain the words of outcomes, which are the same in every
// report.
var outcomesInChinese = map[string]string{
	"applied": "已执行", "unchanged": "无需更改", "planned": "计划中", "refused": "被拒绝", "conflict": "有冲突", "failed": "失败",
	"blocked": "被阻塞", "pending": "未执行", "unknown": "不明", "stranded": "滞留于临时名称", "undecided": "未定",
}

// measures are the Chinese words of what is counted.
var measures = map[string]string{
	"account": "个账号", "call": "次调用", "digit": "位数字", "chain": "条链", "change": "项更改", "family": "个镜像族系", "image": "个镜像",
	"item": "项", "outlier": "个异常", "region": "个地域", "rename": "项改名", "ring": "个环", "row": "行", "rule": "条规则",
	"thing": "项",
}
