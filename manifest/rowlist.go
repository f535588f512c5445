package manifest

// A rowList collects rows where they were decoded: growing a slice of them would
// copy a million rows again and again, and hold them twice over while it does.
type rowList []*Row

// take returns all rows in one slice and empties the list, row by row, so that
// what has been copied can be freed.
func (l rowList) take() []Row {
	if len(l) == 0 {
		return nil
	}
	rows := make([]Row, len(l))
	for i, row := range l {
		rows[i] = *row
		l[i] = nil
	}
	return rows
}
