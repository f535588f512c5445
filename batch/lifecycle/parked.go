package lifecycle

import (
	"imgrename/batch/plan"
	"imgrename/batch/runs"
)

// An imageOf is an image and its lane.
type imageOf struct {
	lane plan.Lane
	id   string
}

// nameParked finds the names that images had before other runs gave them temporary
// ones, as far as the runs of this state folder know. A plan that cannot be read
// tells nothing; why is said when that run is taken up.
func (l *Life) nameParked(p *plan.Plan) error {
	parked := make(map[imageOf]int)
	for i := range p.Rows {
		if row := &p.Rows[i]; plan.IsTemporary(row.Old.ImageName) {
			parked[imageOf{p.Lanes[row.Lane], row.ImageID}] = i
		}
	}
	if len(parked) == 0 {
		return nil
	}
	all, err := l.State.Runs()
	if err != nil {
		return err
	}
	for _, info := range all {
		if sealed := l.sealed(info); sealed != nil {
			p.Parked = append(p.Parked, named(parked, p, sealed)...)
		}
	}
	return nil
}

// sealed returns the plan of a run, nil if it cannot be read.
func (l *Life) sealed(info runs.Info) *plan.Plan {
	folder, err := l.State.OpenRun(info.ID)
	if err != nil {
		return nil
	}
	defer folder.Close()
	saved, err := readPlan(folder)
	if err != nil {
		return nil
	}
	return saved.Plan
}

// named returns the parked rows of p that the plan of another run has the names of,
// and takes them off the list: that run would give the image this temporary name.
func named(parked map[imageOf]int, p, other *plan.Plan) (found []plan.Parked) {
	for i := range other.Rows {
		row := other.Unparked(i, other.Rows[i].Old)
		lane := other.Lanes[row.Lane]
		image := imageOf{lane, row.ImageID}
		n, is := parked[image]
		temporary := plan.TemporaryName(lane.Account, lane.Region, row.ImageID, row.Want.ImageName)
		if !is || p.Rows[n].Old.ImageName != temporary || row.OldName() == "" {
			continue
		}
		found = append(found, plan.Parked{Row: n, Name: row.OldName()})
		delete(parked, image)
	}
	return found
}
