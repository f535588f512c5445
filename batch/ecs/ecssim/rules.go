package ecssim

import "imgrename/batch/ecs/names"

// legalName reports whether s may be an ImageName or an ImageFamily.
func legalName(s string) bool {
	problem, _ := names.Check(s)
	return problem == ""
}

func legalDescription(s string) bool {
	problem, _ := names.CheckDescription(s)
	return problem == ""
}
