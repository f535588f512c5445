package plan

import "imgrename/batch/ecs"

// The codes of the planner's own problems, for the report's error_code. Rows
// of a lane that could not be read carry the code of the API instead.
const (
	InvalidRow         = "InvalidRow"         // refused: invalid by itself
	NoSuchImage        = "NoSuchImage"        // refused: not among the lane's own images
	NotOurs            = "NotOurs"            // refused: the image of another account
	NameNotUnique      = "NameNotUnique"      // refused: current_name fits several images
	RepeatedImage      = "RepeatedImage"      // refused: two rows name one image
	NameWantedTwice    = "NameWantedTwice"    // refused: two rows want one name
	NameTaken          = "NameTaken"          // refused: an image has it and keeps it
	ReservedName       = "ReservedName"       // refused: the desired name looks like a temporary one
	TemporaryNameTaken = "TemporaryNameTaken" // refused: a ring that cannot be opened
	ConditionNotMet    = "ConditionNotMet"    // conflict: the row expects another value
	ChangedSincePlan   = "ChangedSincePlan"   // conflict: the image has changed since the plan was saved
	WaitsForAnother    = "WaitsForAnother"    // blocked: the row it waits for is held back
	TemporaryNameKept  = "TemporaryName"      // stranded: held back with the image parked
	Unreachable        = "Unreachable"        // pending: the lane could not be read
	LaneNotFree        = "LaneNotFree"        // pending: an earlier run has left something in the lane
)

// A Problem says why a row is held back.
type Problem struct {
	Code    string `json:"code"`               // for the report's error_code
	Message string `json:"message"`            // a fact, with the image's id
	ImageID string `json:"image_id,omitempty"` // the other party, if there is one
	Line    int    `json:"line,omitempty"`     // the other party's line in the manifest, if it has one
	// RequestID is that of the API's answer, if the problem is one.
	RequestID string `json:"request_id,omitempty"`
}

// hints say what to do, for the problems where that is known.
var hints = map[string]string{
	NoSuchImage:       "check the id, the region and the profile",
	NotOurs:           "only custom images of the row's own account can be edited; check the profile",
	NameNotUnique:     "give image_id",
	RepeatedImage:     "merge the rows into one",
	NameWantedTwice:   "give one of them another name",
	NameTaken:         "add a row that renames the other image, or choose another name",
	TemporaryNameKept: "fix the problem, then plan again; or rename the image by hand",
	ReservedName:      "choose a name that does not look like a temporary one",
	ConditionNotMet:   "export again to see what has changed, or correct the condition",
	ChangedSincePlan:  "plan again",
}

// Hint says what to do; it is empty where that is not known.
func (p *Problem) Hint() string { return HintFor(p.Code) }

// HintFor says what to do about a row with this error_code, which is one of the
// planner's or the API's; it is empty where that is not known.
func HintFor(code string) string {
	if hint, ok := hints[code]; ok {
		return hint
	}
	return ecs.HintFor(code)
}
