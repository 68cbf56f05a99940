// Command dns is CoreDNS with only the plugins that the testbed's Corefile names.
package main

import (
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/coremain"
	_ "github.com/coredns/coredns/plugin/bind"
	_ "github.com/coredns/coredns/plugin/cache"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/hosts"
	_ "github.com/coredns/coredns/plugin/kubernetes"
	_ "github.com/coredns/coredns/plugin/ready"
	_ "github.com/coredns/coredns/plugin/template"
)

// The order in which a query passes the plugins is this one, whatever the order in the Corefile.
func init() {
	dnsserver.Directives = []string{"bind", "ready", "errors", "cache", "template", "hosts", "kubernetes"}
}

func main() { coremain.Run() }
