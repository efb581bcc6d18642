/** The super user with which the control plane itself logs in to brokers. */
export const CONTROL_USER = 'weirhouse-control';
