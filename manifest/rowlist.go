package manifest

// A rowList collects pointers to decoded rows: a growing slice of rows would
// copy a million of them again and again, and hold them twice meanwhile.
type rowList []*Row

// take returns all rows in one slice. It clears the list row by row, so that
// copied rows can be freed.
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
