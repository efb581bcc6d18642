import { Inject, Injectable } from '@nestjs/common';
import { PORTS, type ServicePorts } from '../ports.ts';
import { createIssuerFetch, type FetchJson, type IssuerNetworks } from './issuer-fetch.ts';

/** How issuers are reached in this installation. */
@Injectable()
export class IssuerAccess {
  readonly networks: IssuerNetworks;
  readonly fetchJson: FetchJson;

  constructor(@Inject(PORTS) { issuerNetworks = 'public' }: ServicePorts) {
    this.networks = issuerNetworks;
    this.fetchJson = createIssuerFetch(issuerNetworks);
  }
}
