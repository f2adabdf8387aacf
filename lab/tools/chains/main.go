// Command chains verifies certificate chains with Go's crypto/x509, as istiod, pilot-agent and the API server do. It reads chains in JSON, one
// after the other, and writes a line for each: "ok", or the first error.
package main

import (
	"bufio"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/url"
	"os"
	"strings"
	"time"
)

// A leaf below certificates, or a certificate authority that istiod is to sign with. All certificates are PEM.
type chain struct {
	Trusted, Untrusted []string
	Leaf               string
	Authority          *authority
}

// The files of Secret cacerts, and the names that istiod signs for.
type authority struct {
	Certificate, Key, Chain, Root string
	TrustDomain                   string
	Hosts                         []string
}

func main() {
	decoder := json.NewDecoder(bufio.NewReader(os.Stdin))
	for {
		var c chain
		if err := decoder.Decode(&c); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			panic(err)
		}
		if err := verify(c); err != nil {
			fmt.Println(strings.ReplaceAll(err.Error(), "\n", " "))
			continue
		}
		fmt.Println("ok")
	}
}

func verify(c chain) error {
	if c.Authority != nil {
		return c.Authority.verify()
	}
	leaf, err := parse(c.Leaf)
	if err != nil {
		return err
	}
	_, err = leaf.Verify(x509.VerifyOptions{
		Roots:         pool(strings.Join(c.Trusted, "\n")),
		Intermediates: pool(strings.Join(c.Untrusted, "\n")),
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	return err
}

// Whether istiod starts with an authority (Istio's util.Verify), and verifiers take what it signs.
func (a *authority) verify() error {
	signer, err := parse(a.Certificate)
	if err != nil {
		return fmt.Errorf("certificate: %w", err)
	}
	if _, err := signer.Verify(a.options()); err != nil {
		return fmt.Errorf("certificate: %w", err)
	}
	pair, err := tls.X509KeyPair([]byte(a.Certificate), []byte(a.Key))
	if err != nil {
		return fmt.Errorf("key: %w", err)
	}
	if !signer.IsCA {
		return errors.New("certificate: is no CA's")
	}
	workload := &x509.Certificate{URIs: []*url.URL{{Scheme: "spiffe", Host: a.TrustDomain, Path: "/ns/xyz/sa/bar"}}}
	for _, usage := range []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth} {
		if err := a.verifyLeaf(workload, signer, pair.PrivateKey, usage, ""); err != nil {
			return fmt.Errorf("workload: %w", err)
		}
	}
	istiod := &x509.Certificate{}
	for _, host := range a.Hosts {
		if address := net.ParseIP(host); address != nil {
			istiod.IPAddresses = append(istiod.IPAddresses, address)
		} else {
			istiod.DNSNames = append(istiod.DNSNames, host)
		}
	}
	for _, host := range a.Hosts {
		if err := a.verifyLeaf(istiod, signer, pair.PrivateKey, x509.ExtKeyUsageServerAuth, host); err != nil {
			return fmt.Errorf("istiod: %w", err)
		}
	}
	return nil
}

// Signs a leaf as istiod does (Istio's genCertTemplateFromCSR), and verifies it.
func (a *authority) verifyLeaf(names, signer *x509.Certificate, key crypto.PrivateKey, usage x509.ExtKeyUsage, host string) error {
	leafKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := *names
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.NotBefore = time.Now().Add(-2 * time.Minute)
	template.NotAfter = time.Now().Add(time.Hour)
	template.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	template.BasicConstraintsValid = true
	der, err := x509.CreateCertificate(rand.Reader, &template, signer, leafKey.Public(), key)
	if err != nil {
		return err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return err
	}
	options := a.options()
	options.KeyUsages = []x509.ExtKeyUsage{usage}
	options.DNSName = host
	_, err = leaf.Verify(options)
	return err
}

func (a *authority) options() x509.VerifyOptions {
	return x509.VerifyOptions{Roots: pool(a.Root), Intermediates: pool(a.Certificate + "\n" + a.Chain)}
}

func parse(text string) (*x509.Certificate, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("no PEM")
	}
	return x509.ParseCertificate(block.Bytes)
}

// As istiod, without certificates that Go cannot parse.
func pool(pem string) *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(pem))
	return pool
}
