// Package cluster runs the recipe for Kubernetes on a real control plane: etcd, API
// server, controller manager and scheduler, as built from their modules. Nodes are
// stand-ins, which do of a kubelet and a container runtime what the recipe needs.
package cluster
