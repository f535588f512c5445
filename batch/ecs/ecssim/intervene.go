package ecssim

import "fmt"

// intervene runs just before a call is decided: somebody else may change the
// image that it is about.
func (x *exchange) intervene() {
	if x.plan.outsider != nobody {
		x.outsider()
	}
	if x.server.config.Before != nil {
		x.server.config.Before(x.call)
	}
}

func (x *exchange) outsider() {
	l := x.lane
	l.mu.Lock()
	defer l.mu.Unlock()
	now := x.server.clock()
	image, ok := l.find(x.images()[0])
	wanted := x.request.parameter("ImageName")
	switch x.plan.outsider {
	case renamer:
		if ok {
			image.Name = fmt.Sprintf("outsider-%d", x.call.Sequence)
			l.store(now, image, false)
		}
	case taker:
		if _, taken := l.byName[wanted]; wanted != "" && !taken {
			stranger := Image{ID: fmt.Sprintf("m-outsider%010d", x.call.Sequence), Name: wanted, Created: now}
			l.store(now, stranger.withDefaults(), false)
		}
	case deleter:
		if ok {
			l.store(now, image, true)
		}
	case nobody:
	}
}
