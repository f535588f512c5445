package manifest

// rowList collects rows in blocks: growing one slice would copy a million rows
// again and again, and hold them twice over while it does.
type rowList struct {
	blocks [][]Row
	n      int
}

const blockRows = 1024

func (l *rowList) add(row *Row) {
	if l.n%blockRows == 0 {
		l.blocks = append(l.blocks, make([]Row, 0, blockRows))
	}
	last := len(l.blocks) - 1
	l.blocks[last] = append(l.blocks[last], *row)
	l.n++
}

func (l *rowList) at(i int) *Row { return &l.blocks[i/blockRows][i%blockRows] }

// take returns all rows in one slice and empties the list, block by block, so
// that what has been copied can be freed.
func (l *rowList) take() []Row {
	if l.n == 0 {
		return nil
	}
	rows := make([]Row, 0, l.n)
	for i, block := range l.blocks {
		rows = append(rows, block...)
		l.blocks[i] = nil
	}
	*l = rowList{}
	return rows
}
