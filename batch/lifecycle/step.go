package lifecycle

// A Step is a part of the life of a run; see the package comment.
type Step uint8

// The steps, in their order.
const (
	Lock Step = iota
	Find
	Settle
	List
	Match
	Check
	Clear
	Seal
	Execute
	Report
	Close
)

var stepNames = [...]string{
	"lock", "find", "settle", "list", "match", "check", "clear", "seal", "execute", "report", "close",
}

// String returns the step's word.
func (s Step) String() string { return stepNames[s] }
