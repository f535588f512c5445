package plan_test

import (
	"fmt"
	"strings"

	"imgrename/batch/ecs"
	"imgrename/batch/plan"
	"imgrename/manifest"
)

var here = plan.Lane{Account: "1001", Region: "cn-hangzhou"}

// values are attributes as tests write them.
type values = manifest.Values

func image(id, name string) ecs.Image {
	return ecs.Image{ID: id, Attributes: ecs.Attributes{ImageName: name, Status: ecs.Available}}
}

// inFamily is an Available image of a family, created on a day.
func inFamily(id, name, family, day string) ecs.Image {
	i := image(id, name)
	i.ImageFamily, i.Created = family, day+"T00:00:00Z"
	return i
}

func with(i ecs.Image, edit func(*ecs.Image)) ecs.Image {
	edit(&i)
	return i
}

// rename is the row that gives an image a name.
func rename(id, name string) manifest.Row {
	return manifest.Row{ImageID: id, Want: values{ImageName: name}}
}

// byName is the row that renames an image without saying its id.
func byName(old, name string) manifest.Row {
	return manifest.Row{Current: &values{ImageName: old}, Want: values{ImageName: name}}
}

func edit(id string, want values) manifest.Row { return manifest.Row{ImageID: id, Want: want} }

// requests numbers rows from line 2, as below a header.
func requests(rows ...manifest.Row) []plan.Request {
	all := make([]plan.Request, len(rows))
	for i := range rows {
		row := rows[i]
		row.Line = i + 2
		all[i] = plan.Request{Row: &row}
	}
	return all
}

func lane(images ...ecs.Image) []plan.Inventory {
	return []plan.Inventory{{Lane: here, Images: images}}
}

// verdicts says what became of each row: outcome, code, other party, its line.
func verdicts(p *plan.Plan) []string {
	all := make([]string, len(p.Rows))
	for i, r := range p.Rows {
		all[i] = r.Verdict.String()
		if q := r.Problem; q != nil {
			all[i] += " " + q.Code
			if q.ImageID != "" {
				all[i] += " " + q.ImageID
			}
			if q.Line != 0 {
				all[i] += fmt.Sprint(":", q.Line)
			}
		}
	}
	return all
}

// chains draws each chain: its steps, and what it comes after.
func chains(p *plan.Plan) []string {
	var all []string
	for _, c := range p.Chains {
		var words []string
		if c.Ring {
			words = append(words, "ring:")
		}
		if c.Open {
			words = append(words, "open:")
		}
		for _, s := range c.Steps {
			words = append(words, p.Rows[s.Row].ImageID+draw(s))
		}
		for i, s := range c.Home {
			if i == 0 {
				words = append(words, "home:")
			}
			words = append(words, p.Rows[s.Row].ImageID+draw(s))
		}
		if c.After != nil {
			words = append(words, fmt.Sprint("after ", c.After))
		}
		all = append(all, strings.Join(words, " "))
	}
	return all
}

func draw(s plan.Step) string {
	if s.Park {
		return "→*"
	}
	text := ""
	for a, v := range s.Set.All() {
		switch {
		case v == "":
		case a == ecs.ImageName:
			text += "→" + v
		default:
			text += "+" + a.String() + "=" + v
		}
	}
	return text
}

// notices draws risks or warnings: kind, rows, images, family.
func notices(all []plan.Notice) []string {
	var texts []string
	for _, n := range all {
		text := fmt.Sprint(n.Kind, " rows ", n.Rows, " ", n.ImageIDs)
		if n.Family != "" {
			text += fmt.Sprintf(" %s: %s → %s", n.Family, n.Before, n.After)
		}
		texts = append(texts, text)
	}
	return texts
}
