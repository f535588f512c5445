package review_test

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
	"imgrename/batch/review"
	"imgrename/manifest"
)

// A job is a manifest and the lanes that it is for.
type job struct {
	rows  []manifest.Row
	in    []int // each row's lane
	lanes []plan.Inventory
}

func (j *job) plan() *plan.Plan {
	requests := make([]plan.Request, len(j.rows))
	for i := range j.rows {
		requests[i] = plan.Request{Row: &j.rows[i], Lane: j.in[i]}
	}
	return plan.New(requests, j.lanes)
}

func (j *job) review() *review.Review { return review.Of(j.plan(), j.lanes) }

// add adds a row that renames a new image, and returns its index.
func (j *job) add(lane int, old, new, created string) int {
	for len(j.lanes) <= lane {
		region := regions[len(j.lanes)%len(regions)]
		j.lanes = append(j.lanes, plan.Inventory{Lane: plan.Lane{Account: fmt.Sprint(1001 + len(j.lanes)/len(regions)), Region: region}})
	}
	id := j.image(lane, old, created)
	j.rows = append(j.rows, manifest.Row{
		Line: len(j.rows) + 2, RegionID: j.lanes[lane].Lane.Region, ImageID: id,
		Want: manifest.Values{ImageName: new},
	})
	j.in = append(j.in, lane)
	return len(j.rows) - 1
}

// image adds an image without a row.
func (j *job) image(lane int, name, created string) (id string) {
	l := &j.lanes[lane]
	id = fmt.Sprintf("m-%02d%04d", lane, len(l.Images))
	l.Images = append(l.Images, ecs.Image{ID: id, Created: created, Attributes: ecs.Attributes{ImageName: name, Status: ecs.Available}})
	return id
}

// expect gives all rows the condition that an export has: the present name.
func (j *job) expect() {
	for i := range j.rows {
		j.rows[i].Current = &manifest.Values{ImageName: oldName(j, i)}
	}
}

// drop takes a row out; its image stays.
func (j *job) drop(i int) {
	j.rows = append(j.rows[:i:i], j.rows[i+1:]...)
	j.in = append(j.in[:i:i], j.in[i+1:]...)
}

var regions = strings.Fields(`cn-hangzhou cn-shanghai cn-beijing cn-shenzhen cn-qingdao cn-chengdu cn-hongkong
	ap-southeast-1 ap-northeast-1 us-west-1 us-east-1 eu-central-1`)

var apps = strings.Fields("web api db cache auth pay mail search queue proxy batch edge admin audit")

// A style is one way in which images are renamed.
type style struct {
	name     string
	old, new func(d *draw) string
}

// A draw is what an image's old and new name are made of.
type draw struct {
	app, env, region, date string
	serial, lane, pattern  int
	hash                   string
}

func (d *draw) compact() string { return strings.ReplaceAll(d.date[:10], "-", "") }

var styles = []style{
	{"prefix dropped", func(d *draw) string { return fmt.Sprintf("packer-%s-%s-%03d", d.app, d.env, d.serial) }, func(d *draw) string { return fmt.Sprintf("%s-%s-%03d", d.app, d.env, d.serial) }},
	{"year added", func(d *draw) string { return fmt.Sprintf("golden_%s_%d", d.app, d.serial) }, func(d *draw) string { return fmt.Sprintf("%s-2026-%d", d.app, d.serial) }},
	{"dots of a date dropped", func(d *draw) string {
		return d.app + "." + strings.ReplaceAll(d.date[:10], "-", ".") + fmt.Sprintf(".r%d", d.serial)
	}, func(d *draw) string { return d.app + "-" + d.compact() + fmt.Sprintf("-r%d", d.serial) }},
	{"date of creation added", func(d *draw) string { return fmt.Sprintf("%s-image-%04d", d.app, d.serial) }, func(d *draw) string { return fmt.Sprintf("%s-%04d-%s", d.app, d.serial, d.compact()) }},
	{"region added", func(d *draw) string { return fmt.Sprintf("ami-%s-%d", d.app, d.serial) }, func(d *draw) string { return fmt.Sprintf("%s-%s-%d", d.region, d.app, d.serial) }},
	{"part of the region added", func(d *draw) string { return fmt.Sprintf("tmp-%s-%d", d.app, d.serial) }, func(d *draw) string {
		return fmt.Sprintf("%s-%d-%s", d.app, d.serial, strings.Split(d.region, "-")[1])
	}},
	{"next version", func(d *draw) string { return fmt.Sprintf("%s-build%d-v%d", d.app, d.serial, d.lane+3) }, func(d *draw) string { return fmt.Sprintf("%s-build%d-v%d", d.app, d.serial, d.lane+4) }},
	{"hash dropped", func(d *draw) string { return fmt.Sprintf("%s-%s-%03d-%s", d.app, d.env, d.serial, d.hash) }, func(d *draw) string { return fmt.Sprintf("%s-%s-%03d", d.app, d.env, d.serial) }},
	{"a new serial number", func(d *draw) string { return fmt.Sprintf("%s-i%05x", d.app, d.serial*7919%1048576) }, func(d *draw) string { return fmt.Sprintf("%s-%04d", d.app, d.serial) }},
	{"Han", func(d *draw) string { return fmt.Sprintf("镜像-%s-%d", d.app, d.serial) }, func(d *draw) string { return fmt.Sprintf("黄金镜像-%s-%d", d.app, d.serial) }},
	{"parts in another order", func(d *draw) string { return fmt.Sprintf("%d-%s-%s", 10000+d.serial, d.env, d.app) }, func(d *draw) string { return fmt.Sprintf("%s-%s-%d", d.app, d.env, 10000+d.serial) }},
	{"suffix added", func(d *draw) string { return fmt.Sprintf("base-%s-%d", d.app, d.serial) }, func(d *draw) string { return fmt.Sprintf("base-%s-%d-lts", d.app, d.serial) }},
}

// seeded makes a plan of 504 renames over 12 regions, in three styles.
func seeded(seed uint64) (*job, []*draw) {
	dice := rand.New(rand.NewPCG(seed, 1))
	chosen := dice.Perm(len(styles))[:3]
	j := new(job)
	var draws []*draw
	for i := range 504 {
		lane := i % len(regions)
		d := &draw{
			app: apps[dice.IntN(len(apps))], env: []string{"prod", "test"}[dice.IntN(2)], region: regions[lane],
			date:   fmt.Sprintf("2026-%02d-%02dT%02d:%02d:07Z", 1+dice.IntN(9), 1+dice.IntN(28), dice.IntN(24), dice.IntN(60)),
			serial: i + 1, lane: lane, pattern: chosen[dice.IntN(3)], hash: fmt.Sprintf("%08x", dice.Uint32()),
		}
		j.add(lane, styles[d.pattern].old(d), styles[d.pattern].new(d), d.date)
		draws = append(draws, d)
	}
	return j, draws
}
