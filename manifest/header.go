package manifest

import (
	"slices"
	"strconv"
	"strings"
)

// maxColumns bounds the header; some twenty columns are not the user's own.
const maxColumns = 1000

// A layout says what each cell of a row is.
type layout struct {
	cells  []*column // by position; nil for the user's own and unknown columns
	keys   []string  // by position; the column names that gocsv is given
	extra  []string  // names of the x_ columns, as written
	extras []string  // their keys
	known  map[string]bool
	spelt  map[string]string // columns whose names messages give as the header does

	exported int // position in extra of the column that export always fills; -1 for none
}

// readLayout reads a header and reports what is wrong with each cell.
func readLayout(header []string, report func(cell int, p *problem)) *layout {
	l := &layout{known: make(map[string]bool), spelt: make(map[string]string), exported: -1}
	seen := make(map[string]string, len(header))
	for i, name := range header {
		c := spellings()[fold(name)]
		identity := fold(name)
		if c != nil {
			identity = c.name
		}
		first, repeated := seen[identity]
		seen[identity] = name
		switch {
		case repeated && identity != "":
			report(i, repeatedColumn(name, first))
			l.add(i, nil)
		case c == nil && isExtra(name):
			l.addExtra(i, name)
		case identity == "":
			report(i, newProblem("column %d has no name", i+1).withHint("name it, or delete the column"))
			l.add(i, nil)
		case c == nil:
			report(i, unknownColumn(name))
			l.add(i, nil)
		default:
			l.add(i, c)
			if spelt := c.spelt(name); spelt != c.name {
				l.spelt[c.name] = spelt
			}
		}
	}
	return l
}

func repeatedColumn(name, first string) *problem {
	if name == first {
		return newProblem("column %s appears twice", quote(name))
	}
	return newProblem("columns %s and %s are the same", quote(first), quote(name))
}

func (l *layout) add(i int, c *column) {
	l.cells = append(l.cells, c)
	if c == nil {
		l.keys = append(l.keys, "?"+strconv.Itoa(i))
		return
	}
	l.keys = append(l.keys, c.field)
	l.known[c.name] = true
}

func (l *layout) addExtra(i int, name string) {
	if fold(name) == fold(shared) {
		l.exported = len(l.extra)
	}
	key := "x" + strconv.Itoa(i)
	l.cells = append(l.cells, nil)
	l.keys = append(l.keys, key)
	l.extra = append(l.extra, name)
	l.extras = append(l.extras, key)
}

// name returns how messages call a column.
func (l *layout) name(column string) string {
	if l != nil && l.spelt[column] != "" {
		return l.spelt[column]
	}
	return column
}

// hasImage, hasRegion and hasDesired report whether the header has the columns
// that every row needs. If it does not, rows are not blamed.
func (l *layout) hasImage() bool { return l.known[imageID] || l.known[currentName] }

func (l *layout) hasRegion(o Options) bool { return l.known[regionID] || o.DefaultRegion != "" }

func (l *layout) hasDesired() bool {
	return slices.ContainsFunc(l.cells, func(c *column) bool { return c != nil && c.kind == desired })
}

// missing returns a problem for each column that the header lacks.
func (l *layout) missing(o Options) []*problem {
	var ps []*problem
	if !l.hasImage() {
		ps = append(ps, newProblem("no column says which image: %s or %s is missing", imageID, currentName))
	}
	if !l.hasRegion(o) {
		ps = append(ps, newProblem("column %s is missing", regionID).withHint("add it, or give --default-region"))
	}
	if !l.hasDesired() && !o.Inventory {
		ps = append(ps, newProblem("no column says what to change").withHint("add %s or another attribute", imageName))
	}
	return ps
}

// notAHeader is the problem of a line without any known column.
func notAHeader(header []string, commentHeader int) *problem {
	if len(header) == 1 {
		return unknownColumn(header[0]).notRead()
	}
	p := newProblem("no header: none of the %d cells here is a known column", len(header)).notRead()
	if commentHeader > 0 {
		return p.withHint("line %d would be one without its #", commentHeader)
	}
	return p.withHint("columns are %s", strings.Join(columnNames(), ", "))
}
