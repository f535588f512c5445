// Package plan decides what a manifest means for the images as they are.
//
// [New] takes the rows and, for each lane they touch, all of the lane's images.
// It gives every row a verdict and orders the changes so that no rename ever
// runs into a taken name. The package is pure: no I/O, no clock, no randomness;
// the same input gives the same bytes. It does not know how a call is sent, how
// it may be answered, or how a plan is shown.
//
// # Which row waits for which
//
// Names are unique in a lane, over images in every status. So a row that wants a
// name an image holds must wait until that image has moved. Every image has one
// old name and at most one new one, so each row waits for at most one other, and
// at most one waits for it. Such a relation has only two shapes:
//
//	path   c → d, b → c, a → b      begins where a name is free, runs backwards
//	ring   a → b, b → c, c → a      a cycle of names, which has no free end
//
// A path is done from its free end. A ring is opened by parking one image under
// a temporary name: park the first, move the others up, give the first its new
// name. That is one call more than the ring has rows, and no order needs fewer.
// The image to park is the one whose absence does least harm. [TemporaryName]
// depends only on the image and its desired name, so a later run that knows
// nothing but the listing recognises an open ring and finishes it: by the names
// as they are then, it is a path.
//
// One path or ring is one [Chain]: one unit of work and of failure. All edits
// of an image travel in the call that gives it its final name. In a ring the
// other edits go first: if the API refuses a value, every image still has its
// name.
//
// Only [Chain.After] orders chains among each other: a chain that deprecates an
// image of a family comes after those that bring an image into it.
//
// # Which rows are held back
//
// A row is held back for what it says (no such image, a condition that does not
// hold), for the name it wants (held by an image that keeps it), or because it
// waits for a row that is held back and so frees no name. The last spreads from
// row to row, reaching each once, so all of it takes linear time.
//
// # What a person should know
//
// Risks and warnings are computed from the images before and after the plan, not
// from what the manifest looks like. [Plan.CheckRisks] and [Limits] refuse a
// plan.
//
// # The plan file
//
// [Encode] writes a plan to a file that a person can approve. [Decode] reads it
// and detects edits. [Compare] fits it to the images as they are by then: old
// values, desired ones and the row's own temporary name are all as expected, and
// the present names decide what is left to do. [Rest] is that for a resume. It
// also says how each image that is parked gets home, should its chain be held
// back or fail.
//
// # Files
//
// new.go is the driver. board.go holds a lane while it is planned. judge.go finds
// each row's image and gives the verdict; reason.go words the problems of
// problem.go. order.go makes chains and chooses the image of a ring to park;
// home.go has the way back.
// risk.go, family.go and warn.go say what a person should know, as the kinds of
// notice.go, and protect.go what becomes of protected names; limits.go refuses a
// plan. saved.go and compare.go are for saved plans, since.go says what is new
// beside one; encode.go, decode.go, line.go and file.go are for their file; job.go tells whether two plans are of one job.
package plan
