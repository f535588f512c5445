package credentials

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os/exec"
	"runtime"

	"imgrename/batch/command"
	"imgrename/batch/ecs"
)

// external gets keys from a process, whose output is a profile. It is run once
// for keys that do not say when they expire. Neither its command line nor its
// output gets into an error, for both may hold secrets.
func (f *finder) external(p profile) (fetch, error) {
	if err := f.mayStart("process_command"); err != nil {
		return nil, err
	}
	argv, err := command.Split(p.Command)
	switch {
	case errors.Is(err, command.ErrEmpty):
		return nil, refuse("process_command is empty")
	case err != nil:
		return nil, refuse("process_command has %v", err)
	}
	return func(ctx context.Context, refused ecs.Credentials) (keys, error) {
		output, err := run(ctx, argv)
		if err != nil {
			return keys{}, err
		}
		var given profile
		if json.Unmarshal(output, &given) != nil {
			return keys{}, refuse("the output of its process is not the JSON of a profile").advise("run its process_command to see what it prints")
		}
		expires, err := expiry(given.Expiration)
		if err != nil {
			return keys{}, refuse("the output of its process: expiration is not a time")
		}
		if given.Expires == 0 && !expires.IsZero() {
			given.Expires = expires.Unix()
		}
		from, err := f.given(given)
		if err != nil {
			return keys{}, inOutput(err)
		}
		got, err := from(ctx, refused)
		return got, inOutput(err)
	}, nil
}

// given is the fetch of a profile that is in no file. A process must not start
// others.
func (f *finder) given(p profile) (fetch, error) {
	mode, err := p.mode()
	if err != nil {
		return nil, err
	}
	switch mode {
	case "AK":
		if p.Expires != 0 { // long-term keys that are replaced all the same
			k, err := configLabels.keys(p.KeyID, p.Secret, "", p.expires())
			return fixed(k), err
		}
	case "StsToken", "RamRoleArn", "EcsRamRole":
	default:
		return nil, refuse("mode %s is not supported there", mode)
	}
	return f.fetchOf(book{}, profiles{}, p, nil)
}

func inOutput(err error) error {
	r, ok := asRefusal(err)
	if !ok {
		return err
	}
	named := *r
	named.reason = "the output of its process: " + r.reason
	return &named
}

// run returns what a process prints. It ends with ctx, and all that it started
// in its group with it. It has no input, and its error output is dropped.
func run(ctx context.Context, argv []string) ([]byte, error) {
	runtime.LockOSThread() // see endWithUs: the thread that starts the process has to live
	defer runtime.UnlockOSThread()
	var output capped
	cmd := command.New(ctx, argv)
	cmd.Stdout = &output
	endWithUs(cmd)
	if err := cmd.Start(); err != nil {
		if e, ok := errors.AsType[*exec.Error](err); ok {
			err = e.Err
		}
		return nil, refuse("its process_command cannot be started: %v", reasonOf(err))
	}
	err := cmd.Wait()
	if ctx.Err() != nil {
		_ = command.Kill(cmd) // children that were born while it ended, or outlived it
		return nil, ctx.Err()
	}
	if output.full {
		_ = command.Kill(cmd)
		return nil, refuse("its process printed more than %d bytes", maxAnswer)
	}
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		return nil, refuse("its process ended with %s", e.ProcessState).advise("run its process_command to see why")
	}
	if err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		return nil, refuse("its process_command failed")
	}
	return output.text.Bytes(), nil
}

// capped keeps what a process prints, up to maxAnswer bytes. It does not embed
// the buffer, whose ReadFrom knows no limit.
type capped struct {
	text bytes.Buffer
	full bool
}

var errFull = errors.New("too much output")

func (c *capped) Write(p []byte) (int, error) {
	if c.text.Len()+len(p) > maxAnswer {
		c.full = true
		return 0, errFull
	}
	return c.text.Write(p)
}
