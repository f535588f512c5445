package main

// The log of -v, on standard error: what a run does, call by call. It has ids,
// codes and reasons; never headers, parameters or keys.

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/spf13/pflag"

	"imgrename/batch"
	"imgrename/batch/ecs"
	"imgrename/batch/lifecycle"
	"imgrename/batch/plan"
	"imgrename/report"
)

// A runLog logs what happens to one job.
type runLog struct {
	log  *slog.Logger // nil without -v
	plan *plan.Plan   // once the calls begin
}

func (c *common) bindLog(f *pflag.FlagSet) {
	f.BoolVarP(&c.verbose, "verbose", "v", false, "log to standard error how the manifest was read, and each call and wait")
	f.StringVar(&c.logFormat, "log-format", "text", "format of the log of -v: text or json")
}

// newLog returns the log, nil without -v.
func (c *common) newLog() *slog.Logger {
	if !c.verbose {
		return nil
	}
	options := &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Value.Kind() == slog.KindString {
			a.Value = slog.StringValue(report.Printable(a.Value.String()))
		}
		return a
	}}
	if c.logFormat == "json" {
		return slog.New(slog.NewJSONHandler(c.err, options))
	}
	return slog.New(slog.NewTextHandler(c.err, options))
}

// noteCall counts a call and logs it, unless it is a change: that is logged with
// its row.
func (c *common) noteCall(region, action string, err error) {
	c.metrics.meter.noteCall(action, err)
	if c.log != nil && action != "ModifyImageAttribute" {
		c.log.Log(context.Background(), levelOf(err), "call", append([]any{"action", action, "region", region}, answer(ecs.Classify(err), err)...)...)
	}
}

// tell logs an event of the life of a job.
func (l *runLog) tell(e lifecycle.Event) {
	if l.log == nil {
		return
	}
	switch e := e.(type) {
	case lifecycle.Step:
		l.log.Info("step", "step", e.String())
	case lifecycle.Waiting:
		l.log.Warn("wait", "why", e.Held.Error())
	case lifecycle.Settling:
		l.log.Info("wait", "of_run", e.Run, "for", e.For.Round(time.Millisecond).String(), "why", "earlier calls may still take effect")
	case lifecycle.Waited:
		l.log.Info("waited")
	case lifecycle.Resuming:
		l.log.Info("resuming", "of_run", e.Run)
	case lifecycle.Closing:
		l.log.Info("closing", "of_run", e.Run)
	case lifecycle.UnderWay:
		l.log = l.log.With("run", e.Run)
		l.log.Info("under way")
	case lifecycle.Applying:
		l.plan = e.Plan
		l.log.Info("applying", "rows", len(e.Plan.Rows), "lanes", len(e.Plan.Lanes))
	case lifecycle.Lane:
		l.lane(batch.LaneEvent(e))
	case lifecycle.Detail:
		l.detail(batch.Detail(e))
	case lifecycle.Row:
		l.row(e)
	}
}

// lane logs that a lane is in trouble, or no longer.
func (l *runLog) lane(e batch.LaneEvent) {
	attrs := []any{"lane", l.plan.Lanes[e.Lane].String(), "state", e.State.String(), "since", e.Since.UTC().Format(time.RFC3339)}
	if e.Err != nil {
		attrs = append(attrs, "error", textOf(e.Err))
	}
	l.log.Warn("lane", attrs...)
}

// detail logs a call for a row, or a wait.
func (l *runLog) detail(d batch.Detail) {
	attrs := l.about(d.Row, "attempt", d.Attempts)
	if d.Wait > 0 {
		l.log.Info("wait", append(attrs, "for", d.Wait.Round(time.Millisecond).String(), "why", d.Why)...)
		return
	}
	attrs = append(attrs, answer(d.Class, d.Err)...)
	l.log.Log(context.Background(), levelOf(d.Err), "call", append(attrs, "request_id", d.RequestID)...)
}

// row logs how a row ended.
func (l *runLog) row(e lifecycle.Row) {
	if e.Kind != batch.Decided {
		return
	}
	attrs := l.about(e.Event.Row, "outcome", e.Result.Outcome.String(), "attempts", int(e.Result.Attempts))
	if e.Result.Code != "" || e.Result.Message != "" {
		attrs = append(attrs, "code", e.Result.Code, "message", e.Result.Message)
	}
	l.log.Info("row", attrs...)
}

// about returns attributes with those that say which row they are about.
func (l *runLog) about(row int, attrs ...any) []any {
	r := &l.plan.Rows[row]
	return append([]any{"lane", l.plan.Lanes[r.Lane].String(), "line", r.Line, "image_id", r.ImageID}, attrs...)
}

// answer returns the attributes of a call's answer.
func answer(class ecs.Class, err error) []any {
	attrs := []any{"class", class.String()}
	if err == nil {
		return attrs
	}
	code := ""
	if e, ok := errors.AsType[*ecs.Error](err); ok {
		code = e.Code
	}
	return append(attrs, "code", code, "error", textOf(err))
}

func levelOf(err error) slog.Level {
	if err != nil {
		return slog.LevelWarn
	}
	return slog.LevelInfo
}
