package plan

import (
	"fmt"
	"strconv"
	"strings"
)

// The codes of the planner's own problems, for the report's error_code. Rows
// of a lane that could not be read carry the code of the API instead.
const (
	InvalidRow         = "InvalidRow"         // refused: broken by itself
	NoSuchImage        = "NoSuchImage"        // refused: not among the lane's own images
	NotOurs            = "NotOurs"            // refused: the image of another account
	NameNotUnique      = "NameNotUnique"      // refused: current_name fits several images
	RepeatedImage      = "RepeatedImage"      // refused: two rows speak of one image
	NameWantedTwice    = "NameWantedTwice"    // refused: two rows want one name
	NameTaken          = "NameTaken"          // refused: held by an image that does not move
	ReservedName       = "ReservedName"       // refused: the form of temporary names
	TemporaryNameTaken = "TemporaryNameTaken" // refused: a ring that cannot be opened
	ConditionNotMet    = "ConditionNotMet"    // conflict: the row expects another value
	ChangedSincePlan   = "ChangedSincePlan"   // conflict: not as the saved plan has it
	WaitsForAnother    = "WaitsForAnother"    // blocked: the row it waits for is held back
	TemporaryNameKept  = "TemporaryName"      // stranded: held back with the image parked
	Unreachable        = "Unreachable"        // pending: the lane could not be read
)

// A Problem says why a row is held back.
type Problem struct {
	Code    string // for the report's error_code
	Message string // a fact, with the image's id
	ImageID string // the other party, if there is one
	Line    int    // the other party's line in the manifest, if it has one
}

// hints say what would be right, for the problems where that can be said.
var hints = map[string]string{
	NoSuchImage:       "check the id, the region and the profile",
	NotOurs:           "only custom images of the row's own account can be edited; check the profile",
	NameNotUnique:     "give image_id",
	RepeatedImage:     "merge the rows into one",
	NameWantedTwice:   "give one of them another name",
	NameTaken:         "add a row that renames the other image, or choose another name",
	TemporaryNameKept: "put right what holds it back, then plan again; or rename the image by hand",
	ReservedName:      "choose a name that does not look like a temporary one",
	ConditionNotMet:   "export again and look at what has changed, or correct the condition",
	ChangedSincePlan:  "plan again",
}

// Hint says what would be right; it is empty where there is nothing to say.
func (p *Problem) Hint() string { return hints[p.Code] }

// hold keeps a row back, unless something keeps it back already.
func (e *entry) hold(verdict Outcome, p *Problem) {
	if e.row.Problem == nil {
		e.row.Verdict, e.row.Problem = verdict, p
	}
}

// held tells whether the row is kept back.
func (e *entry) held() bool { return e.row.Problem != nil }

func invalid(r *Row) *Problem {
	first := strings.TrimPrefix(r.Invalid[0].Error(), strconv.Itoa(r.Line)+":") // the row's line is said beside it
	first = strings.TrimSpace(first)
	if more := len(r.Invalid) - 1; more > 0 {
		first = fmt.Sprintf("%s (and %d more)", first, more)
	}
	return &Problem{Code: InvalidRow, Message: first}
}

func repeated(id string, line int) *Problem {
	return &Problem{
		Code: RepeatedImage, ImageID: id, Line: line,
		Message: fmt.Sprintf("%s is the image of line %d too", id, line),
	}
}

func wantedTwice(e, other *entry) *Problem {
	return &Problem{
		Code: NameWantedTwice, ImageID: other.row.ImageID, Line: other.row.Line,
		Message: fmt.Sprintf("%s would get the name %q, which line %d gives to %s",
			e.row.ImageID, e.set.ImageName, other.row.Line, other.row.ImageID),
	}
}

func taken(e *entry, h *holder) *Problem {
	p := &Problem{
		Code: NameTaken, ImageID: h.ID,
		Message: fmt.Sprintf("%s cannot get the name %q: %s holds it and keeps it",
			e.row.ImageID, e.set.ImageName, h.ID),
	}
	if h.entry != nil {
		p.Line = h.entry.row.Line
	}
	return p
}

func left(e *entry) *Problem {
	return &Problem{
		Code: TemporaryNameKept, ImageID: e.row.Problem.ImageID, Line: e.row.Problem.Line,
		Message: fmt.Sprintf("%s is named %q; it was %q and should be %q: %s",
			e.row.ImageID, e.image.ImageName, e.row.Old.ImageName, e.row.Want.ImageName, e.row.Problem.Message),
	}
}

func waits(e, other *entry) *Problem {
	return &Problem{
		Code: WaitsForAnother, ImageID: other.row.ImageID, Line: other.row.Line,
		Message: fmt.Sprintf("%s waits for line %d (%s), which is %s: %s",
			e.row.ImageID, other.row.Line, other.row.ImageID, other.row.Verdict, other.row.Problem.Code),
	}
}
