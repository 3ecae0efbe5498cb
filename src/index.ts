export type { Access, AccessRules, Allow } from './access/access.ts'
export { ConfigError, defineConfig, type GivenConfig as Config, type ServeOptions } from './config/config.ts'
export { webServerUser } from './door/called/call.ts'
export type { Outcome } from './door/host/exchange.ts'
export { type HandleOptions, handleRequest } from './door/host/handle-request.ts'
export type { HostContent, HostFacts, HostRequest, TakenOver } from './door/host/request.ts'
export { type Publication, type PublishOptions, publish } from './door/publish/publish.ts'
export type { Limits, Timeouts } from './door/settings.ts'
export type { ListenAddress } from './io/bound.ts'
export type { CertificateFiles, ClientCertificates } from './io/certificate.ts'
export type { ErrorEntry, ErrorLogOptions, OnError } from './log/error-log-options.ts'
export type { Place } from './log/sinks/place.ts'
export type { Body, BodyInit, SizedBody } from './message/body.ts'
export type {
  Address,
  AuthorizationRecord,
  ClientFacts,
  Connection,
  SocketFacts,
  TlsFacts,
} from './message/connection.ts'
export { Resource } from './message/dispatch.ts'
export {
  AuthenticationFailed,
  AuthorizationRequired,
  Forbidden,
  HttpError,
  type HttpErrorInit,
} from './message/errors.ts'
export type { Exchange, ExchangeRecord, Level, Report } from './message/exchange.ts'
export type { Failure } from './message/failure.ts'
export type { FieldPart, FilePart, Form, FormPart } from './message/form.ts'
export { Headers, type HeadersInit } from './message/headers.ts'
export type {
  Answer,
  Authenticator,
  Authorizer,
  FetchResponse,
  Handler,
  Logger,
  Middleware,
  Reply,
  Scheme,
  Variables,
} from './message/interface.ts'
export { Declined, Reroute } from './message/outcome.ts'
export { type IncomingBody, type Params, Request, type RequestInit } from './message/request.ts'
export { Response, type ResponseInit, type Upgrade, type UpgradedSocket } from './message/response.ts'
export { type Asked, type BindOptions, BoundObject, bind, type Call } from './object/bind.ts'
export type { Published } from './object/folded.ts'
export type { ObjectDescription, ObjectExample, ObjectInfo } from './object/server.ts'
export { files } from './resource/files/files.ts'
export type { FilesOptions } from './resource/files/options.ts'
export type { RedirectOptions } from './resource/redirect.ts'
export type { RespondOptions } from './resource/respond.ts'
export { createSite, type Server, serve } from './server/serve.ts'
export type { AuthorizeOptions, AuthorizeRule } from './site/authorize.ts'
export type { ErrorModule, ErrorPage, ErrorPageSource, ErrorPages, ErrorPath } from './site/error-pages.ts'
export type { Intercept } from './site/intercept.ts'
export type { ResourceKeys } from './site/kinds.ts'
export type { Route } from './site/route.ts'
export type { Match } from './site/routes.ts'
export { Site, type SiteOptions } from './site/site.ts'
