// Package ecssim plays the part of Alibaba Cloud ECS, and of the little of STS
// it takes, that has to do with editing images.
package ecssim
