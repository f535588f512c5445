package page

import (
	"imgrename/report"
)

// applySays introduces the command that a reader may want next.
func (s *sheet) applySays() phrase {
	switch {
	case s.Results != nil && s.Run.Next == "":
		return say(nothingNext)
	case s.Results != nil:
		return say(typeNext)
	case s.Info.Apply == "":
		return say(applyNone)
	default:
		return say(applyThis)
	}
}

// command returns that command, printable, or "" if there is none.
func (s *sheet) command() string {
	if s.Results != nil {
		return report.Printable(s.Run.Next)
	}
	return report.Printable(s.Info.Apply)
}

// limits are what a page cannot know.
func limits() []phrase {
	return []phrase{say(cannotLater), say(cannotSerial), say(cannotUsers), say(cannotBind)}
}
