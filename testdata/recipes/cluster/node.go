package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	coordination "k8s.io/api/coordination/v1"
	core "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/util/retry"
)

// A node stands in for a kubelet and a container runtime. It renews its lease, starts
// the container of each pod that is bound to it as a process with its own root,
// mounts, host name and user, ends the process if the pod is deleted, and reports the
// exit code. A volume that is a claim is one folder, whatever its server is.
type node struct {
	client  kubernetes.Interface
	name    string
	program string // in the root of each container
	folder  string // the roots of its containers
	shared  string // the folder that claims stand for
	pods    int    // how many it takes at once

	mu      sync.Mutex
	running map[types.UID]*container
}

func newNode(client kubernetes.Interface, name, program, folder, shared string, pods int) *node {
	return &node{client: client, name: name, program: program, folder: folder, shared: shared, pods: pods, running: make(map[types.UID]*container)}
}

// A container is a process and what came of it.
type container struct {
	cmd     *exec.Cmd
	started time.Time
	output  string        // the path of what it printed
	ended   chan struct{} // closed once it has
	asked   bool          // it was told to end
	told    bool          // its end was reported
}

// beat is how often a node looks for pods and reports them.
const beat = 300 * time.Millisecond

// run is a node's life. It ends with ctx, without a word to the API server: its
// containers are killed, as when the power fails.
func (n *node) run(ctx context.Context) error {
	defer n.fail()
	if err := n.register(ctx); err != nil {
		return err
	}
	for turn := 0; ; turn++ {
		if turn%3 == 0 {
			if err := n.renew(ctx); err != nil && ctx.Err() == nil {
				return err
			}
		}
		pods, err := n.client.CoreV1().Pods("").List(ctx, meta.ListOptions{FieldSelector: "spec.nodeName=" + n.name})
		if err != nil && ctx.Err() == nil {
			return err
		}
		for _, pod := range pods.Items {
			if err := n.serve(ctx, &pod); err != nil && !apierrors.IsNotFound(err) && ctx.Err() == nil { // or it has just gone
				return fmt.Errorf("pod %s: %w", pod.Name, err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(beat):
		}
	}
}

func (n *node) fail() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range n.running {
		_ = c.cmd.Process.Kill() // or it has ended
		<-c.ended
	}
}

// signal sends a signal to the container of a pod, behind the back of Kubernetes.
func (n *node) signal(pod types.UID, s os.Signal) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	c := n.running[pod]
	if c == nil {
		return errors.New("no such container")
	}
	return c.cmd.Process.Signal(s)
}

func (n *node) register(ctx context.Context) error {
	created, err := n.client.CoreV1().Nodes().Create(ctx, &core.Node{ObjectMeta: meta.ObjectMeta{Name: n.name, Labels: map[string]string{core.LabelHostname: n.name}}}, meta.CreateOptions{})
	if err != nil {
		return err
	}
	created.Status = core.NodeStatus{
		Capacity: core.ResourceList{
			core.ResourceCPU: resource.MustParse("4"), core.ResourceMemory: resource.MustParse("8Gi"), core.ResourcePods: *resource.NewQuantity(int64(n.pods), resource.DecimalSI),
		},
		Conditions: []core.NodeCondition{{Type: core.NodeReady, Status: core.ConditionTrue, Reason: "StandIn", LastHeartbeatTime: meta.Now(), LastTransitionTime: meta.Now()}},
		NodeInfo:   core.NodeSystemInfo{OperatingSystem: "linux", Architecture: "amd64"},
	}
	created.Status.Allocatable = created.Status.Capacity
	if _, err := n.client.CoreV1().Nodes().UpdateStatus(ctx, created, meta.UpdateOptions{}); err != nil {
		return err
	}
	now, seconds := meta.NowMicro(), int32(8)
	_, err = n.client.CoordinationV1().Leases(core.NamespaceNodeLease).Create(ctx, &coordination.Lease{
		ObjectMeta: meta.ObjectMeta{Name: n.name}, Spec: coordination.LeaseSpec{HolderIdentity: &n.name, LeaseDurationSeconds: &seconds, RenewTime: &now},
	}, meta.CreateOptions{})
	return err
}

func (n *node) renew(ctx context.Context) error {
	lease, err := n.client.CoordinationV1().Leases(core.NamespaceNodeLease).Get(ctx, n.name, meta.GetOptions{})
	if err != nil {
		return err
	}
	now := meta.NowMicro()
	lease.Spec.RenewTime = &now
	_, err = n.client.CoordinationV1().Leases(core.NamespaceNodeLease).Update(ctx, lease, meta.UpdateOptions{})
	return err
}

// serve takes a pod one step on: start, end at its deletion, report, removal.
func (n *node) serve(ctx context.Context, pod *core.Pod) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	c := n.running[pod.UID]
	switch {
	case c == nil && pod.DeletionTimestamp != nil && pod.Status.Phase == core.PodPending: // before it started
		return n.report(ctx, pod, core.PodFailed, core.ContainerState{Waiting: &core.ContainerStateWaiting{Reason: "ContainerCreating"}})
	case c == nil && pod.DeletionTimestamp != nil:
		return n.remove(ctx, pod)
	case c == nil && pod.Status.Phase != core.PodPending:
		return nil
	case c == nil:
		c, err := n.start(ctx, pod)
		if err != nil {
			return err
		}
		n.running[pod.UID] = c
		return n.report(ctx, pod, core.PodRunning, core.ContainerState{Running: &core.ContainerStateRunning{StartedAt: meta.NewTime(c.started)}})
	}
	select {
	case <-c.ended:
	default:
		return c.end(pod)
	}
	if !c.told {
		c.told = true
		code, phase := exitCode(c.cmd.ProcessState), core.PodSucceeded
		if code != 0 {
			phase = core.PodFailed
		}
		return n.report(ctx, pod, phase, core.ContainerState{Terminated: &core.ContainerStateTerminated{
			ExitCode: int32(code), StartedAt: meta.NewTime(c.started), FinishedAt: meta.Now(), Reason: map[bool]string{true: "Completed", false: "Error"}[code == 0],
		}})
	}
	if pod.DeletionTimestamp != nil {
		return n.remove(ctx, pod)
	}
	return nil
}

// remove takes a deleted pod away, whose end was reported.
func (n *node) remove(ctx context.Context, pod *core.Pod) error {
	err := n.client.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name, meta.DeleteOptions{GracePeriodSeconds: new(int64)})
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// exitCode is what a container runtime says: 128 and the signal's number if one
// ended the process.
func exitCode(state *os.ProcessState) int {
	if status := state.Sys().(syscall.WaitStatus); status.Signaled() {
		return 128 + int(status.Signal())
	}
	return state.ExitCode()
}

// end tells the process of a deleted pod to end, and kills it after its time of grace.
func (c *container) end(pod *core.Pod) error {
	if pod.DeletionTimestamp == nil {
		return nil
	}
	if !c.asked {
		c.asked = true
		return ended(c.cmd.Process.Signal(syscall.SIGTERM))
	}
	if time.Now().After(pod.DeletionTimestamp.Time) { // which has the time of grace in it
		return ended(c.cmd.Process.Kill())
	}
	return nil
}

func ended(err error) error {
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

func (n *node) report(ctx context.Context, pod *core.Pod, phase core.PodPhase, state core.ContainerState) error {
	return retry.RetryOnConflict(retry.DefaultRetry, func() error {
		fresh, err := n.client.CoreV1().Pods(pod.Namespace).Get(ctx, pod.Name, meta.GetOptions{})
		if err != nil {
			return err
		}
		fresh.Status.Phase = phase
		started := meta.Now()
		if fresh.Status.StartTime == nil {
			fresh.Status.StartTime = &started
		}
		container := pod.Spec.Containers[0]
		fresh.Status.ContainerStatuses = []core.ContainerStatus{{Name: container.Name, Image: container.Image, State: state, Ready: state.Running != nil, Started: new(state.Running != nil)}}
		_, err = n.client.CoreV1().Pods(pod.Namespace).UpdateStatus(ctx, fresh, meta.UpdateOptions{})
		return err
	})
}
