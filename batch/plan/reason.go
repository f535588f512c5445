package plan

import (
	"fmt"
	"strconv"
	"strings"

	"imgrename/batch/ecs"
)

// problem returns a problem whose other party is an image, "" for none.
func problem(code, imageID, format string, args ...any) *Problem {
	return &Problem{Code: code, ImageID: imageID, Message: fmt.Sprintf(format, args...)}
}

// at adds the line of the other party.
func (p *Problem) at(line int) *Problem {
	p.Line = line
	return p
}

func invalid(r *Row) *Problem {
	first := strings.TrimPrefix(r.Invalid[0].Error(), strconv.Itoa(r.Line)+":") // reports show the line beside it
	p := problem(InvalidRow, "", "%s", strings.TrimSpace(first))
	if more := len(r.Invalid) - 1; more > 0 {
		p.Message += fmt.Sprintf(" (and %d more)", more)
	}
	return p
}

func repeated(id string, line int) *Problem {
	return problem(RepeatedImage, id, "%s is also the image of line %d", id, line).at(line)
}

func wantedTwice(e, other *entry) *Problem {
	return problem(NameWantedTwice, other.row.ImageID, "%s would get the name %q, which line %d gives to %s",
		e.row.ImageID, e.set.ImageName, other.row.Line, other.row.ImageID).at(other.row.Line)
}

func taken(e *entry, h *holder) *Problem {
	p := problem(NameTaken, h.ID, "the name %q is taken by %s", e.set.ImageName, h.ID)
	if h.entry == nil || !h.entry.wantsAway() {
		p.Message += ", which this manifest does not rename"
	}
	if h.entry != nil {
		p.Line = h.entry.row.Line
	}
	return p
}

// hasValue says what an image has, in a message that shows another value too.
func hasValue(id string, a ecs.Attribute, value, other string) string {
	if a == ecs.ImageName {
		return fmt.Sprintf("%s is named %s", id, reveal(value, other))
	}
	return fmt.Sprintf("%s has %s %s", id, a, reveal(value, other))
}

// namedSince is the problem of an export's row of an image without a name: it
// changes nothing, and says that the image has no name.
func namedSince(e *entry) *Problem {
	return problem(ConditionNotMet, "", "%s, the row expects no name", hasValue(e.row.ImageID, ecs.ImageName, e.image.ImageName, ""))
}

func stranded(e *entry) *Problem {
	why := e.row.Problem
	return problem(TemporaryNameKept, why.ImageID, "%s is named %q; it was %q and should be %q: %s",
		e.row.ImageID, e.image.ImageName, e.row.Old.ImageName, e.row.Want.ImageName, why.Message).at(why.Line)
}

func waits(e, other *entry) *Problem {
	return problem(WaitsForAnother, other.row.ImageID, "%s waits for line %d (%s), which is %s: %s",
		e.row.ImageID, other.row.Line, other.row.ImageID, other.row.Verdict, other.row.Problem.Code).at(other.row.Line)
}
