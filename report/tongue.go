package report

// A Tongue returns a hint in the reader's language, "" if it has none. Nil is
// English, in which every hint is written first.
type Tongue func(hint string) string

// Hints returns the lines of a hint: in English, and in the reader's language. There
// are none if the hint is empty. They are fit to print.
func (t Tongue) Hints(hint string) []string {
	if hint == "" {
		return nil
	}
	lines := []string{"hint: " + Printable(hint)}
	if t != nil {
		if other := t(hint); other != "" {
			lines = append(lines, "提示: "+Printable(other))
		}
	}
	return lines
}
