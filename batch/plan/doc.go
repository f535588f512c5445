// Package plan decides what a manifest means for the images as they are.
//
// [New] takes the rows and, for each lane they touch, all of the lane's images.
// It gives every row a verdict and puts what is to be done in an order in which
// no call ever meets a name that is taken. The package is pure: no I/O, no
// clock, no randomness, the same input gives the same bytes. It does not know
// how a call is sent, what it may answer, or how a plan is shown.
//
// # Who waits for whom
//
// Names are unique in a lane, over images in every status. So whoever wants a
// name that an image holds has to wait until that image has moved. Every image
// has one old name and at most one new one; so everyone waits for at most one
// other, and at most one waits for it. Such a relation has only two shapes:
//
//	path   c → d, b → c, a → b      begins where a name is free, runs backwards
//	ring   a → b, b → c, c → a      has no free end
//
// A path is done from its free end. A ring is opened by parking one image under
// a temporary name: park the first, move the others up, give the first its
// place. That is one call more than it has rows, and no order needs fewer. The
// image that is parked is the one whose absence harms least. Its temporary name
// is computed by [TemporaryName], so that a later run that knows nothing but
// the listing can tell what is going on, and takes it up: seen with the names
// as they are then, an open ring is a path.
//
// One path or ring is one [Chain]: one unit of work and of failure. All edits
// of an image travel in the call that gives it its final name, but in a ring
// the others go first: a value that the API refuses is then met while every
// image still has its name.
//
// Between chains there is one order only, [Chain.After]: what deprecates an
// image of a family comes after what brings an image into it.
//
// # Who is held back
//
// A row is held back by what it says (no such image, a condition that does not
// hold), by the name it wants (held by an image that stays), or because it
// waits for a row that is held back: that one frees no name. The last spreads
// along the waiting, each row once, so that all of it takes linear time.
//
// # What a person should know
//
// Risks and warnings are computed from the images before and after, not from
// what the manifest looks like. [Plan.CheckRisks] and [Limits] refuse a plan.
//
// # The plan file
//
// [Encode] writes a plan as a file that a person can approve, [Decode] reads it
// and notices when it was edited, and [Compare] holds it against the images as
// they are by then. Compare is also what a resume needs: old values, desired
// ones and the row's own temporary name are all as expected, and what is left
// to do is decided from the names as they are.
package plan
