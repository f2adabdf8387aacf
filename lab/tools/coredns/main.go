// CoreDNS with the plugins that the lab's Corefile names, and none of the many others: it builds in a minute.
package main

import (
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/coremain"
	_ "github.com/coredns/coredns/plugin/bind"
	_ "github.com/coredns/coredns/plugin/cache"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/forward"
	_ "github.com/coredns/coredns/plugin/hosts"
	_ "github.com/coredns/coredns/plugin/template"
)

func init() {
	// In CoreDNS' own order, in which they see a question.
	dnsserver.Directives = []string{"bind", "errors", "cache", "template", "hosts", "forward"}
}

func main() { coremain.Run() }
